/** A look at a log: how often values occur, and how sure labels are. */
import type { Figure } from "../../figure.ts";
import type { InteractionLog } from "./interaction_log.ts";

/** The frequency of each field's values in falling order, and a histogram of each task's probabilities. */
export function logSheet(log: InteractionLog): Figure[] {
  const { name, fields, taskNames, probabilities } = log;
  return [
    {
      kind: "line",
      title: `${name}: frequencies`,
      caption: "Each field's values from the most frequent to the rarest.",
      xLabel: "rank",
      yLabel: "share of the rows",
      xLogarithmic: true,
      yLogarithmic: true,
      traces: fields.map((field, column) => {
        const shares = fallingShares(log, column);
        return { name: field.name, x: shares.map((_, rank) => rank + 1), y: shares };
      }),
    },
    ...taskNames.map((task, t): Figure => ({
      kind: "histogram",
      title: `${name}: ${task}`,
      caption: "The probabilities that labels were drawn by: near 0 and 1 labels can be foretold.",
      xLabel: `probability of ${task}`,
      yLabel: "rows",
      bins: 40,
      values: [...probabilities.filter((_, i) => i % taskNames.length === t)],
    })),
  ];
}

/** The shares of the values that occur, a logarithmic axis having no place for the others. */
function fallingShares({ rows, fields, values }: InteractionLog, column: number): number[] {
  const counts = new Array<number>(fields[column].cardinality).fill(0);
  for (let row = 0; row < rows; row++) counts[values[row * fields.length + column]]++;
  return counts.filter((count) => count > 0).sort((a, b) => b - a).map((count) => count / rows);
}
