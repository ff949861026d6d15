// @ts-check
import { html } from "/kit/html.js";
import { t } from "/kit/i18n.js";
import { Badge, Button, Spinner, Table } from "/kit/kit.js";
import { remove } from "/web/api.js";
import { useOne } from "/web/loading.js";
import { attempt } from "/web/refusals.js";
import { Trouble } from "/web/trouble.js";
import { Ago } from "/web/when.js";

/** @typedef {import("./words.js").SessionView} SessionView */

/** @type {readonly [RegExp, string][]} */
const BROWSERS = [
  [/Edg\//, "Edge"],
  [/Firefox\//, "Firefox"],
  [/Chrom(e|ium)\//, "Chrome"],
  [/Safari\//, "Safari"],
];
/** @type {readonly [RegExp, string][]} */
const SYSTEMS = [
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/Linux|CrOS/, "Linux"],
];

/** Where one is signed in, and a way to end it. */
export function Sessions() {
  /** @type {import("/web/loading.js").OneState<{ items: SessionView[] }>} */
  const list = useOne("sessions", []);
  /** @param {string} path */
  const end = async (path) => {
    await attempt(() => remove(path), t("accounts-session-ended"));
    void list.reload();
  };
  if (list.error) return html`<${Trouble} error=${list.error} onRetry=${list.reload} />`;
  if (!list.value) return html`<${Spinner} />`;
  const others = list.value.items.filter((one) => !one.current);
  return html`<section class="panel">
    <div class="panel-head">
      <h2>${t("accounts-sessions")}</h2>
      ${others.length > 1 && html`<${Button} small icon="signOut" onClick=${() => void end("sessions")}>${t("accounts-sessions-others")}<//>`}
    </div>
    <p class="muted">${t("accounts-sessions-detail")}</p>
    <${Table}
      caption=${t("accounts-sessions")}
      rows=${list.value.items}
      rowKey=${(/** @type {SessionView} */ one) => one.id}
      columns=${[
        {
          key: "where",
          title: t("accounts-session-where"),
          main: true,
          draw: (/** @type {SessionView} */ one) => html`${browserName(one)} ${one.current && html`<${Badge} tone="returned">${t("accounts-session-current")}<//>`}`,
        },
        { key: "address", title: t("accounts-session-address"), draw: (/** @type {SessionView} */ one) => html`<span class="g-code">${one.address}</span>` },
        { key: "seen", title: t("accounts-session-seen"), draw: (/** @type {SessionView} */ one) => html`<${Ago} at=${one.seen_at} />` },
        {
          key: "do",
          title: "",
          right: true,
          draw: (/** @type {SessionView} */ one) =>
            !one.current && html`<${Button} small onClick=${() => void end(`sessions/${one.id}`)}>${t("accounts-session-end")}<//>`,
        },
      ]}
    />
  </section>`;
}

/** @param {Pick<SessionView, "kind" | "user_agent">} session */
export function browserName({ kind, user_agent }) {
  if (kind === "kiosk") return t("accounts-session-kiosk");
  const parts = [BROWSERS, SYSTEMS].map((known) => known.find(([pattern]) => pattern.test(user_agent))?.[1]);
  return parts.filter(Boolean).join(" · ") || user_agent || "?";
}
