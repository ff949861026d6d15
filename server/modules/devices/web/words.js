// @ts-check
// The API's structs of this module.

/**
 * @typedef {object} Reader
 * @property {string} reader
 * @property {string} driver
 * @property {string} state
 * @property {string} message
 */

/**
 * @typedef {object} Agent
 * @property {string} id
 * @property {string} name
 * @property {string} place
 * @property {string} enrolled_at
 * @property {string | null} last_seen
 * @property {boolean} online
 * @property {string} version
 * @property {number} waiting rows in its queue
 * @property {number | null} oldest_seconds age of the oldest of them
 * @property {string} clock
 * @property {number | null} clock_offset_ms
 * @property {Reader[]} readers
 * @property {boolean} kiosk_drawing
 * @property {number} set_aside damaged queue files that were put aside
 * @property {boolean} revoked
 * @property {number} version_no
 */

/**
 * A kiosk that shows a code and waits for it to be typed.
 * @typedef {object} Waiting
 * @property {string} id
 * @property {string} hostname
 * @property {string} version
 * @property {string} address
 * @property {string} since
 * @property {string} expires_at
 */

/**
 * A row of an agent that means nothing to the server.
 * @typedef {object} Quarantined
 * @property {string} id
 * @property {string} agent
 * @property {string} agent_name
 * @property {string} received_at
 * @property {string} reason
 * @property {string} raw
 * @property {string} state
 */

export {};
