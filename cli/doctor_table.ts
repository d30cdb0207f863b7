/** The doctor's report as a table for people. */
import Table from "cli-table3";
import type { BackendFinding, DoctorReport, ProgramFinding } from "./doctor_report.ts";

type Row = Table.HorizontalTableRow;

const head = ["", "runs on", "memory", "512×512 product", "training step"];

/** Columns of fixed width; the second takes what is left. */
const widths = { name: 18, memory: 15, product: 15, step: 11 };

const borders = head.length + 1;

/**
 * The report in lines of `width` characters at most; the commands that stand below the table are not
 * broken, so that they can be copied.
 */
export function doctorTable(report: DoctorReport, width: number): string {
  const fixed = Object.values(widths).reduce((sum, each) => sum + each, borders);
  const table = new Table({
    head,
    colWidths: [
      widths.name,
      Math.max(24, width - fixed),
      widths.memory,
      widths.product,
      widths.step,
    ],
    colAligns: ["left", "left", "left", "right", "right"],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  const backends = Object.entries(report.backends);
  for (const [name, finding] of backends) table.push(backendRow(name, finding, report.auto));
  for (const [name, finding] of Object.entries(report.programs)) {
    table.push(programRow(name, finding));
  }
  const remedies = backends.flatMap(([name, finding]) =>
    !finding.usable && finding.remedy ? [`  ${name}: ${finding.remedy}`] : []
  );
  const advice = backends.flatMap(([name, finding]) =>
    finding.usable && finding.advice ? [`  ${name}: ${finding.advice}`] : []
  );
  return [
    table.toString(),
    ...(advice.length > 0 ? ["", "What could be faster:", ...advice] : []),
    ...(remedies.length > 0 ? ["", "What the others need:", ...remedies] : []),
  ].join("\n");
}

function backendRow(name: string, finding: BackendFinding, auto: string): Row {
  if (!finding.usable) return [name, { content: `not usable: ${finding.problem}`, colSpan: 4 }];
  const { detail, device, memory, gigaflops, trainingStep } = finding;
  return [
    name === auto ? `${name}\n(auto takes it)` : name,
    detail.startsWith(device) ? detail : `${detail}\n${device}`,
    memory,
    `${significant(gigaflops)} GFLOP/s`,
    `${significant(trainingStep)} ms`,
  ];
}

function programRow(name: string, { found, version, note }: ProgramFinding): Row {
  const title = [name, version].filter(Boolean).join("\n");
  return [title, { content: found ? note : `not found: ${note}`, colSpan: 4 }];
}

/** Two digits, and no exponent. */
const significant = (value: number) => String(Number(value.toPrecision(2)));
