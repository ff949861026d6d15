// @ts-check
// Loads the pages, and says so in plain words when that fails: a page half loaded during an
// update is tried once more by itself, never in a loop.

const TRIED = "genba-reloaded";

try {
  const { start } = await import("/web/app.js");
  await start(/** @type {HTMLElement} */ (document.getElementById("app")));
  sessionStorage.removeItem(TRIED);
} catch (error) {
  console.error(error);
  if (sessionStorage.getItem(TRIED) === null) {
    sessionStorage.setItem(TRIED, "1");
    location.reload();
  } else {
    sessionStorage.removeItem(TRIED);
    sayItFailed();
  }
}

function sayItFailed() {
  const text = document.createElement("p");
  text.textContent =
    "画面を読み込めませんでした。サーバーにつながっているか確かめて、もう一度開いてください。 / " +
    "The page could not be loaded. Check the connection to the server and try again.";
  const again = document.createElement("button");
  again.textContent = "もう一度開く / Try again";
  again.className = "g-button";
  again.addEventListener("click", () => location.reload());
  const box = document.createElement("main");
  box.className = "signin";
  box.append(text, again);
  document.getElementById("app")?.replaceChildren(box);
}
