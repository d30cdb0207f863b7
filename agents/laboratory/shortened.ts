/** Names as pages are told them: others may make them as long as they like. */
import { longestName } from "../../cluster/protocol.ts";

/** The beginning of `name`, as much as a message has room for. */
export function shortened(name: string): string {
  return name.slice(0, longestName);
}
