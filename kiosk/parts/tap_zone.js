// @ts-check
import { html } from "../kit/html.js";

/** A place marked on the floor with yellow tape, where a tool and a card come to the reader. */
export function TapZone() {
  return html`<svg class="k-zone" viewBox="0 0 400 400" aria-hidden="true" focusable="false">
    <g class="k-zone-tape">
      <path d="M20 110V20h90M290 20h90v90M380 290v90h-90M110 380H20v-90" />
    </g>
    <g class="k-zone-waves">
      <path d="M164 236a54 54 0 0 1 72 0" />
      <path d="M146 214a78 78 0 0 1 108 0" />
      <path d="M128 192a103 103 0 0 1 144 0" />
    </g>
    <g class="k-zone-reader">
      <rect x="100" y="264" width="200" height="66" rx="14" />
      <circle cx="270" cy="297" r="7" />
      <path d="M130 297h70" />
    </g>
    <g class="k-zone-card">
      <rect x="208" y="58" width="118" height="76" rx="9" />
      <circle cx="238" cy="88" r="12" />
      <path d="M220 118c3-18 33-18 36 0M270 84h38M270 102h38" />
    </g>
    <g class="k-zone-tool">
      <path d="M82 58a34 34 0 1 0 30 52l48 48 20-20-48-48a34 34 0 0 0-24-40l2 26-20 14-18-14z" />
    </g>
  </svg>`;
}
