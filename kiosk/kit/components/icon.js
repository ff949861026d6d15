// @ts-check
/** Our own small set of line icons on a 24 by 24 grid. */

import { html } from "../html.js";

/** @type {Record<string, string>} SVG path data by name */
const PATHS = {
  alert: "M12 3 22 20H2ZM12 10v4M12 17.2v.1",
  back: "M20 12H4m7-7-7 7 7 7",
  box: "M3 7l9-4 9 4v10l-9 4-9-4ZM3 7l9 4 9-4M12 11v10",
  calendar: "M4 5h16v16H4ZM4 10h16M8 2v5M16 2v5",
  cardUnknown: "M2 5h20v14H2ZM9.5 9.800a2.600 2.600 0 1 1 3.600 2.400c-.7.3-1.100.8-1.100 1.500M12 16.300v.1",
  card: "M2 5h20v14H2ZM6 10h4v5H6ZM14 10h5M14 14h5",
  chart: "M4 20V10M10 20V4M16 20v-7M22 20H2",
  check: "M4 12.5 9.5 18 20 6",
  chevronDown: "M5 9l7 7 7-7",
  chevronLeft: "M15 5l-7 7 7 7",
  chevronRight: "M9 5l7 7-7 7",
  chevronUp: "M5 15l7-7 7 7",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 7v5l3.5 2",
  close: "M5 5l14 14M19 5 5 19",
  copy: "M8 8h12v13H8ZM16 8V3H4v13h4",
  device: "M3 4h18v12H3ZM8 21h8M12 16v5",
  disk: "M4 6c0-4 16-4 16 0v12c0 4-16 4-16 0ZM4 6c0 4 16 4 16 0M4 12c0 4 16 4 16 0",
  download: "M12 3v12m-5-5 5 5 5-5M4 21h16",
  edit: "M4 20l1-5L16 4l4 4L9 19ZM13 7l4 4",
  filter: "M3 5h18l-7 8v6l-4 2v-8Z",
  home: "M3 11 12 3l9 8M5 9v12h14V9M10 21v-7h4v7",
  info: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 11v6M12 7.2v.1",
  key: "M15 3a6 6 0 1 0-4.500 10L3 20.500V22h4v-3h3v-3h2l1.500-1.500A6 6 0 0 0 15 3ZM16.500 7.500v.1",
  language: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM3 12h18M12 3c-6 5-6 13 0 18M12 3c6 5 6 13 0 18",
  link: "M5 12.5a10 10 0 0 1 14 0M8.5 16a5 5 0 0 1 7 0M12 19.6v.1M2 9a14.5 14.5 0 0 1 20 0",
  linkOff: "M5 12.5a10 10 0 0 1 5-2.7M14.5 10a10 10 0 0 1 4.5 2.5M8.5 16a5 5 0 0 1 7 0M12 19.6v.1M2 9a14.5 14.5 0 0 1 4-2.6M11 5a14.5 14.5 0 0 1 11 4M3 3l18 18",
  list: "M8 6h13M8 12h13M8 18h13M3 6h.1M3 12h.1M3 18h.1",
  lock: "M5 11h14v10H5ZM8 11V7a4 4 0 0 1 8 0v4",
  menu: "M3 6h18M3 12h18M3 18h18",
  out: "M9 21H3V3h6M9 12h12m-6-6 6 6-6 6",
  in: "M15 21h6V3h-6M3 12h12M9 6l6 6-6 6",
  person: "M12 12a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM3 21c1-8 17-8 18 0",
  people: "M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM2 20c.5-8 13.500-8 14 0M16 3.500a4 4 0 0 1 0 7.200M18 14.500c2.500.8 3.800 2.700 4 5.500",
  plus: "M12 4v16M4 12h16",
  question: "M8 9a4 4 0 1 1 5.500 3.700c-1 .4-1.500 1.200-1.500 2.300M12 19v.1",
  reader: "M4 13h16v8H4ZM8 17h3M8 9.500a6 6 0 0 1 8 0M5 6a10.500 10.500 0 0 1 14 0",
  refresh: "M20 11A8 8 0 1 0 18 17.500M20 4v7h-7",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM16 16l5 5",
  signOut: "M14 21H4V3h10M10 12h11m-5-5 5 5-5 5",
  sound: "M4 9h4l5-5v16l-5-5H4ZM16.500 8.500a5 5 0 0 1 0 7M19 6a9 9 0 0 1 0 12",
  soundOff: "M4 9h4l5-5v16l-5-5H4ZM16 9l6 6M22 9l-6 6",
  spinner: "M12 3a9 9 0 1 1-9 9",
  stop: "M8 2.500h8l5.500 5.500v8L16 21.500H8L2.500 16V8ZM7.500 12h9",
  tag: "M3 3h9l9 9-9 9-9-9ZM8 8h.1",
  tool: "M14.500 6.500a4.500 4.500 0 0 1 6-3.500L17 6.500l.5 2.500 2.500.5L23 6.500M14.500 6.500 4 17l3 3L17.500 9.500a4.500 4.500 0 0 0 4-1.500",
  trash: "M4 7h16M9 7V3h6v4M6 7l1 14h10l1-14M10 11v6M14 11v6",
  undo: "M8 4 3 9l5 5M3 9h11a6 6 0 0 1 0 12H8",
  upload: "M12 16V4m-5 5 5-5 5 5M4 21h16",
};

/** @typedef {keyof typeof PATHS} IconName */

/**
 * An icon beside words is silent for screen readers; one that stands alone needs a `label`.
 * @param {{name: string, label?: string, class?: string}} props
 */
export function Icon({ name, label, class: extra = "" }) {
  return html`<svg
    class=${`g-icon ${extra}`}
    viewBox="0 0 24 24"
    role=${label ? "img" : undefined}
    aria-label=${label}
    aria-hidden=${label ? undefined : "true"}
    focusable="false"
  ><path d=${PATHS[name] ?? PATHS.info} /></svg>`;
}
