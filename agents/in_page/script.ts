/** What the script of a page's agent is made of, for whoever serves it. */

const module = (path: string) => new URL(path, import.meta.url);
const absent = module("./absent.ts");

/**
 * The agent's module, the modules that it would load later and never does in a page, and those that a page
 * cannot load or does without, with what stands in for them: tensors and backends, modules of Node,
 * cannon-es, actors in other threads, and the languages of zod's messages but English.
 */
export const inPageScript = {
  entry: module("./worker.ts"),
  leftOut: ["@tensorflow/*", "*/tensor_rollout.ts", "./kernels/*", "./tensorflow_addon.ts"],
  standIns: {
    "node:url": absent,
    "./cannon.ts": absent,
    "../rollouts/evaluation_fleet.ts": absent,
    "../locales/index.js": absent,
  },
};
