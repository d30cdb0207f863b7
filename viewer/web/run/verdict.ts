/** What results say of a claim, or of a part of one, in words. */
import { told } from "../documents.ts";
import { signed } from "../measures.ts";
import type { SentClaimPart } from "./run_document.ts";

type Judgement = Pick<SentClaimPart, "holds" | "margin">;

/** Whether the results could judge it. */
export const isJudged = ({ margin }: Pick<Judgement, "margin">): boolean =>
  !Number.isNaN(told(margin));

/** "Shown", "Not shown" or "Not judged". */
export function writeVerdict(part: Judgement): string {
  if (!isJudged(part)) return "Not judged";
  return part.holds ? "Shown" : "Not shown";
}

/** How far it is from failing, or from holding; empty of what was not judged. */
export function writeMargin(part: Judgement): string {
  return isJudged(part) ? `margin ${signed(told(part.margin), 2)}` : "";
}
