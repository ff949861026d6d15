// @ts-check
import { classes, html } from "../html.js";
import { Icon } from "./icon.js";

/**
 * A button, or a link that looks like one when `href` is given.
 *
 * @param {object} props
 * @param {"plain" | "primary" | "danger" | "quiet"} [props.kind]
 * @param {boolean} [props.small] lower, for rows of a table; never on a kiosk
 * @param {string} [props.icon] name of an Icon, before the words
 * @param {string} [props.label] accessible name when there are no words
 * @param {boolean} [props.pressed] makes it a toggle
 * @param {boolean} [props.busy] work is under way: shows it and takes no second press
 * @param {boolean} [props.disabled]
 * @param {"button" | "submit"} [props.type]
 * @param {string} [props.href]
 * @param {string} [props.download] file name; only with `href`
 * @param {string} [props.class]
 * @param {string} [props.form] id of the form that a submit button outside of it sends
 * @param {string} [props.id]
 * @param {(event: MouseEvent) => void} [props.onClick]
 * @param {import("../../vendor/preact.js").ComponentChildren} [props.children]
 */
export function Button({
  kind = "plain",
  small = false,
  icon,
  label,
  pressed,
  busy = false,
  disabled = false,
  type = "button",
  href,
  class: extra,
  children,
  ...rest
}) {
  const bare = children === undefined || children === null;
  const look = classes(
    "g-button",
    kind !== "plain" && `g-button-${kind}`,
    small && "g-button-small",
    bare && "g-button-icon",
    extra,
  );
  const inside = html`${busy ? html`<span class="g-spinner"><${Icon} name="spinner" /></span>` : icon && html`<${Icon} name=${icon} />`}${children}`;
  if (href !== undefined) {
    return html`<a class=${look} href=${href} aria-label=${label} title=${bare ? label : undefined} ...${rest}>${inside}</a>`;
  }
  return html`<button
    type=${type}
    class=${look}
    aria-label=${label}
    title=${bare ? label : undefined}
    aria-pressed=${pressed === undefined ? undefined : String(pressed)}
    aria-busy=${busy ? "true" : undefined}
    disabled=${disabled || busy}
    ...${rest}
  >${inside}</button>`;
}
