/** Comma-separated values (RFC 4180) with a header line: columns of numbers, and perhaps one of classes. */
import { CsvError, parse } from "csv-parse/sync";
import { DataError } from "./data_error.ts";
import type { Table } from "./dataset.ts";
import { type SourceFile, text } from "./source_file.ts";

/** How a table is to be read. */
export interface CsvOptions {
  /** The column that holds the class of each row, as text; none unless given. */
  readonly classColumn?: string;
  /** What separates the fields; a comma unless given. */
  readonly delimiter?: string;
}

/** A record of the file and the line on which it ends. */
interface Row {
  readonly fields: readonly string[];
  readonly line: number;
}

/**
 * The table in `file`. Classes are numbered in the alphabetical order of their names.
 *
 * @throws {DataError} when the file is malformed, has no header or no rows, a column's name is empty or
 * repeated, a field is not a finite number, or the class column is missing
 */
export function readCsv(
  file: SourceFile,
  { classColumn, delimiter = "," }: CsvOptions = {},
): Table {
  const [header, ...rows] = parseRows(file, delimiter);
  if (header === undefined || rows.length === 0) {
    const found = header === undefined ? "an empty file" : "a header without rows";
    throw new DataError(file.name, { line: 1 }, found, "a header line and at least one row");
  }
  const names = header.fields.map((name) => name.trim());
  requireNames(file.name, header.line, names);
  const classIndex = classColumn === undefined ? -1 : names.indexOf(classColumn);
  if (classColumn !== undefined && classIndex < 0) {
    const found = `the columns ${names.join(", ")}`;
    throw new DataError(file.name, { line: header.line }, found, `one called ${classColumn}`);
  }
  const numeric = names.map((_, column) => column).filter((column) => column !== classIndex);
  const values = rows.flatMap((row) =>
    numeric.map((column) => requireNumber(file.name, row, names, column))
  );
  return {
    name: file.name,
    rows: rows.length,
    columnNames: numeric.map((column) => names[column]),
    values: Float64Array.from(values),
    ...(classIndex >= 0 && classesOf(rows.map(({ fields }) => fields[classIndex].trim()))),
  };
}

function parseRows(file: SourceFile, delimiter: string): Row[] {
  const input = text(file);
  const rows: Row[] = [];
  try {
    parse(input, {
      bom: true,
      delimiter,
      skip_empty_lines: true,
      on_record(fields, { lines }) {
        rows.push({ fields, line: lines });
        return null;
      },
    });
    return rows;
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const line = Number(cause.lines);
    throw new DataError(file.name, { line }, cause.message, "a table as RFC 4180 has it", {
      cause,
    });
  }
}

function requireNames(file: string, line: number, names: readonly string[]): void {
  names.forEach((name, column) => {
    if (name === "") {
      throw new DataError(file, { line }, `no name for column ${column + 1}`, "a name for each");
    }
    if (names.indexOf(name) !== column) {
      throw new DataError(file, { line }, `column "${name}" twice`, "different names");
    }
  });
}

function requireNumber(file: string, row: Row, names: readonly string[], column: number): number {
  const field = row.fields[column].trim();
  const value = Number(field || NaN);
  if (!Number.isFinite(value)) {
    const found = `"${field}" in column "${names[column]}"`;
    throw new DataError(file, { line: row.line }, found, "a finite number");
  }
  return value;
}

function classesOf(names: readonly string[]) {
  const classNames = [...new Set(names)].sort();
  const index = new Map(classNames.map((name, i) => [name, i]));
  return { classNames, labels: Int32Array.from(names, (name) => index.get(name) ?? -1) };
}
