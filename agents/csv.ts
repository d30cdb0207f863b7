/** Comma-separated values (RFC 4180). */

/** What a field may hold; NaN leaves it empty. */
export type CsvField = string | number;

/** A table whose first line is the head; lines are separated, the last one has no end. */
export function csvTable(
  head: readonly string[],
  rows: readonly (readonly CsvField[])[],
): string {
  return [head, ...rows].map((row) => row.map(csvField).join(",")).join("\r\n");
}

/**
 * The same of records, as a file. Its columns are all the keys that occur, in the order in which they
 * first come; what a record lacks is left empty.
 */
export function csvRecords(records: readonly Readonly<Record<string, CsvField>>[]): string {
  const head = [...new Set(records.flatMap(Object.keys))];
  const rows = records.map((record) =>
    head.map((key) => Object.hasOwn(record, key) ? record[key] : "")
  );
  return `${csvTable(head, rows)}\r\n`;
}

function csvField(field: CsvField): string {
  const text = Number.isNaN(field) ? "" : String(field);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
