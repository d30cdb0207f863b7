/** What `sim` says before and after its work, wherever that is done. */
import { learns, type RunConfig } from "../agents/sim/run_config.ts";
import type { SimReport } from "../agents/sim/run_report.ts";
import type { SimOptions } from "./sim_options.ts";

/** What is said while `--json` keeps standard output for the result. */
export function say({ json }: Pick<SimOptions, "json">, line: string): void {
  if (json) console.error(line);
  else console.log(line);
}

/** What is about to be done, and where it is kept. */
export function headLines(config: RunConfig, path: string): string[] {
  const { arm, task, controller, engine, seed } = config;
  return [`${arm} · ${task} · ${controller} · engine ${engine} · seed ${seed}`, `run   ${path}`];
}

/** What is done when the last batch has been. */
export function measuringLine({ evaluationTrials }: RunConfig): string {
  return `measuring ${evaluationTrials} held-out trials in each engine`;
}

/** Print what the run has come to. */
export function conclude({ json }: SimOptions, report: SimReport, config: RunConfig): void {
  if (json) return console.log(JSON.stringify(report));
  const learned = learns(config);
  for (const [engine, { before, after }] of Object.entries(report.engines)) {
    const [from, to] = [before, after].map(({ finalError }) => (100 * finalError).toFixed(2));
    const errors = learned ? `${from} cm before, ${to} cm after` : `${to} cm`;
    console.log(`final error in ${engine}: ${errors}`);
  }
  const difference = (100 * report.transfer.finalError).toFixed(2);
  const reference = learned ? "equations, where it learned," : "equations";
  console.log(`cannon differs from ${reference} by ${difference} cm`);
}
