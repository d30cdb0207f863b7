/** Named tensors in groups, in the one flat list of a snapshot: `<group>.<name>`. */
import type { HostTensor } from "./variables.ts";

/** Anything that holds a tensor's numbers. */
export interface TensorNumbers {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** All tensors of all groups as `<group>.<name>`. */
export function joinGroups<Value>(
  groups: Readonly<Record<string, Readonly<Record<string, Value>>>>,
): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(groups).flatMap(([group, tensors]) =>
      Object.entries(tensors).map(([name, tensor]) => [`${group}.${name}`, tensor] as const)
    ),
  );
}

/** The tensors of one group under their own names; none if there is no such group. */
export function groupOf(
  tensors: Readonly<Record<string, TensorNumbers>>,
  group: string,
): Record<string, HostTensor> {
  const prefix = `${group}.`;
  return Object.fromEntries(
    Object.entries(tensors).filter(([name]) => name.startsWith(prefix)).map((
      [name, { shape, data }],
    ) => [name.slice(prefix.length), { shape, data: Float32Array.from(data) }] as const),
  );
}
