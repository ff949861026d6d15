// @ts-check
/**
 * What the agent sends and takes: the page's view of contract/kiosk.py.
 *
 * @typedef {import("./kit/sound.js").Tone} Tone
 *
 * @typedef {{id: string, code: string, name: string, category: string, place: string}} Item
 * @typedef {{id: string, code: string, name: string, reading: string}} Person
 * @typedef {{id: string, item: Item, since_us: number, due_us: number | null}} Loan
 * @typedef {{fact: string, what: Tone, item: Item, borrower: Person | null, undo_ms: number,
 *   due_us: number | null}} Line
 *
 * @typedef {{type: "waiting"}} Waiting
 * @typedef {{type: "ask_person", items: Item[], ends_ms: number}} AskPerson
 * @typedef {{type: "session", person: Person, lines: Line[], loans: Loan[], ends_ms: number}} Session
 * @typedef {{type: "done", lines: Line[], ends_ms: number}} Done
 * @typedef {{type: "unknown_card", card: string, technology: string, ends_ms: number,
 *   problem: string | null}} UnknownCard
 * @typedef {{type: "refused", reason: string, ends_ms: number, item: Item | null,
 *   person: Person | null}} Refused
 * @typedef {{type: "failed", code: string, ends_ms: number}} Failed
 * @typedef {Waiting | AskPerson | Session | Done | UnknownCard | Refused | Failed} Screen
 *
 * @typedef {{reader: string, driver: string, state: "ready" | "absent" | "unavailable",
 *   message: string}} Reader
 * @typedef {{online: boolean, waiting: number, problem: string}} Link
 * @typedef {{number: number, tone: Tone}} Feedback
 * @typedef {{type: "state", revision: number, screen: Screen, readers: Reader[], link: Link,
 *   feedback: Feedback | null, agent: string, site: string, server_us: number | null,
 *   virtual: boolean, set_aside: number,
 *   language?: string, pairing?: Pairing | null}} State
 *
 * @typedef {{id: string, name: string, address: string}} Site
 * @typedef {{type: "choose_site", sites: Site[], problem: string, address: string}} ChooseSite
 * @typedef {{type: "asking_site", address: string}} AskingSite
 * @typedef {{type: "show_code", code: string, address: string, ends_ms: number,
 *   problem: string}} ShowCode
 * @typedef {{type: "confirm_site", site: string, address: string, waiting: number}} ConfirmSite
 * @typedef {ChooseSite | AskingSite | ShowCode | ConfirmSite} Pairing
 *
 * @typedef {{uid: string, title: string, detail: string, on_loan: boolean}} SampleCard
 * @typedef {{type: "samples", people: SampleCard[], items: SampleCard[]}} Samples
 *
 * @typedef {"ok" | "refused" | "locked" | "no_pin" | "busy" | "unavailable"} SignInResult
 * @typedef {{type: "pin_answer", result: SignInResult, ticket: string, site: string,
 *   minutes: number}} PinAnswer
 * @typedef {State | Samples | PinAnswer} ToKiosk
 *
 * @typedef {{type: "tap", uid: string} | {type: "undo", fact: string} | {type: "finish"}
 *   | {type: "extend"} | {type: "drawing"} | {type: "ask_samples", search: string}
 *   | {type: "enter_pin", pin: string}
 *   | {type: "start_pairing"} | {type: "stop_pairing"} | {type: "confirm_pairing"}
 *   | {type: "pair_with", site: string, address: string}} FromKiosk
 */

export {};
