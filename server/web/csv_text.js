// @ts-check

/**
 * The text of a CSV file: UTF-8, or what Japanese spreadsheets save. Null if it is neither.
 * @param {ArrayBuffer} bytes
 * @returns {string | null}
 */
export function decodeCsv(bytes) {
  for (const encoding of ["utf-8", "shift_jis"]) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch {
      // Not this one.
    }
  }
  return null;
}
