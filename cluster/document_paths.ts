/**
 * The addresses of the documents that documents.ts lists, as they are made. Pages make them too: nothing is
 * imported here that would make their scripts larger.
 */

/** Where documents live. */
export const documentsPath = "/documents/";

/** Colours of a picture. */
export const figureThemes = ["dark", "light"] as const;
export type FigureTheme = (typeof figureThemes)[number];

/** A variant of a run; the variant of a run that has none is "". */
export interface ComparisonReference {
  readonly run: string;
  readonly variant: string;
}

const ofRun = (run: string) => `${documentsPath}runs/${encodeURIComponent(run)}`;

/** The addresses of documents; whatever is in a name, it stays one part of its address. */
export const documentAddress = {
  library: `${documentsPath}library`,
  runs: `${documentsPath}runs`,
  run: ofRun,
  curves: (run: string, metric?: string) =>
    `${ofRun(run)}/curves${metric === undefined ? "" : `?${new URLSearchParams({ metric })}`}`,
  comparison: (
    runs: readonly string[],
    { metric, reference }: {
      readonly metric?: string;
      readonly reference?: ComparisonReference;
    } = {},
  ) =>
    `${documentsPath}compare?${new URLSearchParams({
      runs: runs.join(","),
      ...metric !== undefined && { metric },
      ...reference && { reference: `${reference.run}:${reference.variant}` },
    })}`,
  figureSvg: (run: string, number: number, theme: FigureTheme) =>
    `${ofRun(run)}/figures/${number}.svg?theme=${theme}`,
  figureCsv: (run: string, number: number) => `${ofRun(run)}/figures/${number}.csv`,
  tableCsv: (run: string, number: number) => `${ofRun(run)}/tables/${number}.csv`,
  jobsCsv: (run: string) => `${ofRun(run)}/jobs.csv`,
  curvesCsv: (run: string) => `${ofRun(run)}/curves.csv`,
  checkpoint: (run: string, job: string) => `${ofRun(run)}/checkpoints/${encodeURIComponent(job)}`,
  log: (run: string) => `${ofRun(run)}/log.txt`,
  report: (run: string) => `${ofRun(run)}/report.md`,
} as const;
