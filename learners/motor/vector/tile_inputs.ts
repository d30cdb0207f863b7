/** Writes what is given of a tile's trials into its memory: start postures, targets, forces, noise. */
import { type FieldPart, fieldParts } from "../../../sim/physics/hand_field.ts";
import { inputsAt, pickTrials, stepInputs, type TrialBatch } from "../../../sim/tasks/trial.ts";
import type { PathNoise } from "../sensory_path.ts";
import { numberBytes } from "../../nn/vector/instructions.ts";
import type { TileLayout } from "./tile_layout.ts";
import type { RecordAt } from "./tile_senses.ts";

/** The parts of the force field that act in a batch. */
export function actingParts(batch: TrialBatch): FieldPart[] {
  const { field } = stepInputs(batch);
  return fieldParts.filter((part) => field[part]);
}

/** Some trials of a batch, and the noise of the whole batch. */
export interface TileTrials {
  readonly batch: TrialBatch;
  readonly noise: PathNoise | undefined;
  /** The trials `first` … `end` − 1. */
  readonly first: number;
  readonly end: number;
}

/** Where what is given lies, beside the records. */
export interface InputPlaces {
  /** Address of the start postures. */
  readonly angles: number;
  /** Address of the row that says which columns are trials. */
  readonly mask: number;
}

/** Write everything that is given; columns without a trial do what the first trial does. */
export function loadTile(
  numbers: Float32Array,
  layout: TileLayout,
  places: InputPlaces,
  record: RecordAt,
  { batch, noise, first, end }: TileTrials,
): void {
  const count = end - first;
  const trials = count < batch.trials ? pickTrials(batch, first, end) : batch;
  const mask = places.mask / numberBytes;
  numbers.fill(1, mask, mask + count);
  numbers.fill(0, mask + count, mask + layout.columns);
  loadSteps(numbers, layout, places, record, trials);
  if (noise) loadNoise(numbers, layout, record, noise, first, end);
}

function loadSteps(
  numbers: Float32Array,
  { columns, rowBytes, rows, record: offsets }: TileLayout,
  { angles }: InputPlaces,
  record: RecordAt,
  batch: TrialBatch,
): void {
  const { trials } = batch;
  const load = (address: number, values: Float64Array) =>
    loadRows(numbers, columns, address, values, values.length / trials, 0, trials);
  load(angles, batch.startAngles);
  const inputs = stepInputs(batch);
  const fields = Object.entries(offsets.fields).map(([part, offset]) =>
    [offset, inputs.field[part as FieldPart]!] as const
  );
  for (let step = 0; step < batch.steps; step++) {
    inputsAt(batch, step, inputs);
    load(record(step) + offsets.observation + rows.sensed * rowBytes, inputs.target);
    for (const [offset, values] of fields) load(record(step) + offset, values);
  }
}

function loadNoise(
  numbers: Float32Array,
  { columns, rows, path, record: offsets }: TileLayout,
  record: RecordAt,
  { sensed, command }: PathNoise,
  first: number,
  end: number,
): void {
  sensed.forEach((values, step) => {
    if (!path.isNoisy) return;
    const address = record(step) + offsets.sensoryNoise;
    loadRows(numbers, columns, address, values, rows.sensed, first, end);
  });
  command.forEach((values, step) => {
    if (path.commandNoise === 0) return;
    const address = record(step) + offsets.commandNoise;
    loadRows(numbers, columns, address, values, rows.commands, first, end);
  });
}

/** Write the trials `first` … `end` − 1 of `rows` rows to an address. */
function loadRows(
  numbers: Float32Array,
  columns: number,
  address: number,
  values: Float64Array,
  rows: number,
  first: number,
  end: number,
): void {
  const trials = values.length / rows;
  const count = end - first;
  for (let row = 0; row < rows; row++) {
    const [place, from] = [address / numberBytes + row * columns, row * trials + first];
    for (let i = 0; i < count; i++) numbers[place + i] = values[from + i];
    for (let i = count; i < columns; i++) numbers[place + i] = values[from];
  }
}
