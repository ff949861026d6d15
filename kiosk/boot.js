// @ts-check
/*
 * Starts the page. If a module cannot be loaded or drawn (an update under way, a damaged file), the
 * page is loaded again once; the second time it says so instead, so that it never reloads for ever.
 */

(() => {
  const KEY = "genba-reloaded";
  const SETTLED_MS = 60_000;

  /** @param {unknown} error */
  function fail(error) {
    console.error(error);
    if (!sessionStorage.getItem(KEY)) {
      sessionStorage.setItem(KEY, "1");
      setTimeout(() => location.reload(), 1_000);
      return;
    }
    const broken = /** @type {HTMLElement} */ (document.getElementById("broken"));
    document.getElementById("kiosk")?.remove();
    broken.hidden = false;
    document.getElementById("again")?.addEventListener("click", () => location.reload());
  }

  const address = "/app.js";
  import(address)
    .then((app) => app.start(document.getElementById("kiosk"), fail))
    // A page that has drawn for a minute has earned its next reload.
    .then(() => setTimeout(() => sessionStorage.removeItem(KEY), SETTLED_MS))
    .catch(fail);
})();
