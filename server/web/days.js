// @ts-check
// Civil days of the site and the instants at which they begin.

const DAY_MS = 86_400_000;

/**
 * The instant (RFC 3339, UTC) at which a day begins in a zone.
 * @param {string} day `YYYY-MM-DD`
 * @param {string} zone IANA name
 */
export function dayStart(day, zone) {
  const wall = Date.parse(`${day}T00:00:00Z`);
  // The offset may differ between the guess and the answer when clocks change: look twice.
  const guess = wall - offsetAt(wall, zone);
  return new Date(wall - offsetAt(guess, zone)).toISOString();
}

/** @param {string} day `YYYY-MM-DD` */
export function nextDay(day) {
  return new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
}

/**
 * How far the zone's clock is ahead of UTC at an instant, in milliseconds.
 * @param {number} at
 * @param {string} zone
 */
function offsetAt(at, zone) {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  }).formatToParts(at);
  /** @param {string} type */
  const part = (type) => Number(parts.find((one) => one.type === type)?.value);
  const wall = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return wall - Math.floor(at / 1000) * 1000;
}
