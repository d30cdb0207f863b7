/** The bus of a trainer that others may help: of all that it says, only what is for them leaves the house. */
import type { Bus } from "../../cluster/bus.ts";
import { deadLetterSubject } from "../../cluster/dead_letters.ts";
import { isForRollouts } from "./messages.ts";

/**
 * `inside`, but for what trainers and actors say to one another and for what nobody can read, which are
 * on `outside`.
 */
export function sharingRollouts(inside: Bus, outside: Bus): Bus {
  const busOf = (subject: string) =>
    isForRollouts(subject) || subject === deadLetterSubject ? outside : inside;
  return {
    publish: (subject, payload) => busOf(subject).publish(subject, payload),
    subscribe: (subject, handler) => busOf(subject).subscribe(subject, handler),
  };
}
