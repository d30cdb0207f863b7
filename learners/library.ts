/** The library: every published method that there is, by family. A method is added by one line here. */
import { biper } from "./compression/biper.ts";
import { reste } from "./compression/reste.ts";
import { dagnn } from "./graphs/dagnn.ts";
import { mip } from "./hypernetworks/mip.ts";
import type { Method } from "./method.ts";
import { bilateral } from "./motor/bilateral.ts";
import { her } from "./rl/her_method.ts";
import { impala } from "./rl/impala_method.ts";
import { ppo } from "./rl/ppo_method.ts";
import { sac } from "./rl/sac_method.ts";
import { td3 } from "./rl/td3_method.ts";
import { neuralCollapse } from "./theory/neural_collapse.ts";
import { wideDeep } from "./theory/wide_deep.ts";

/** All methods. */
export const library: readonly Method[] = [
  biper,
  reste,
  dagnn,
  bilateral,
  ppo,
  sac,
  td3,
  her,
  impala,
  mip,
  neuralCollapse,
  wideDeep,
];

/**
 * The method called `id`.
 * @param methods where to look, the whole library unless told otherwise
 * @throws {RangeError} naming those there are
 */
export function findMethod(id: string, methods: readonly Method[] = library): Method {
  const method = methods.find((candidate) => candidate.id === id);
  if (method) return method;
  const ids = methods.map((candidate) => candidate.id).join(", ");
  throw new RangeError(`no method "${id}"; there are ${ids}`);
}

/** The methods of each family, families in the order in which they first come. */
export function methodsByFamily(
  methods: readonly Method[] = library,
): ReadonlyMap<string, readonly Method[]> {
  return Map.groupBy(methods, ({ family }) => family);
}
