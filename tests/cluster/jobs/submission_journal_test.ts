/** The submitter's journal: what was submitted once is entered once, whatever dies in between. */
import assert from "node:assert/strict";
import { BackboneError } from "../../../cluster/backbone.ts";
import { jobId } from "../../../cluster/jobs/identity.ts";
import { Ledger, type LedgerOptions } from "../../../cluster/jobs/ledger.ts";
import { type Submission, SubmissionJournal } from "../../../cluster/jobs/submission_journal.ts";
import { MemoryCluster } from "../../../cluster/memory_backbone.ts";
import { chainJob } from "./laboratory.ts";

const specs = Array.from({ length: 40 }, (_, index) => chainJob(`${index}`));
const submission: Submission = {
  run: "run-1",
  record: {
    title: "forty chains",
    kind: "chain",
    config: { count: 40 },
    jobs: Object.fromEntries(specs.map((spec, index) => [`${index}`, jobId(spec)])),
    submitted: "2026-11-24T06:55:12Z",
  },
  specs,
  priority: 3,
};

async function withJournal(
  check: (open: () => Promise<SubmissionJournal>, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await check(() => SubmissionJournal.open(`${folder}/journal`), `${folder}/journal`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function requireEntered(ledger: Ledger): Promise<void> {
  const jobs = await ledger.jobs();
  assert.deepEqual([...jobs.keys()].toSorted(), specs.map(jobId).toSorted());
  for (const { state, lane } of jobs.values()) assert.match(`${state} ${lane}`, /^queued p3-/);
  assert.deepEqual(await ledger.run("run-1"), submission.record);
}

Deno.test("a submission enters all jobs and the run; a second time changes nothing", async () => {
  await withJournal(async (open) => {
    const memory = new MemoryCluster();
    const ledger = new Ledger(memory.open());
    const journal = await open();
    await journal.submit(ledger, submission);
    await requireEntered(ledger);
    const claim = await ledger.claim(jobId(specs[0]), "ann");
    assert(claim.claimed);
    const before = await ledger.jobs();
    await journal.submit(ledger, submission);
    assert.deepEqual(await ledger.jobs(), before);
    assert.deepEqual(await journal.finish(ledger), []);
  });
});

Deno.test("a submission that was interrupted anywhere is finished by the next call", async () => {
  for (const moment of [1, 2, 3, 77, 150]) {
    await withJournal(async (open) => {
      const memory = new MemoryCluster();
      let steps = 0;
      const options: LedgerOptions = {
        at: () => {
          if (++steps >= moment) throw new Error("killed");
        },
      };
      const interrupted = new Ledger(memory.open(), options);
      await assert.rejects((await open()).submit(interrupted, submission), /killed/);
      const ledger = new Ledger(memory.open());
      assert.equal(await ledger.run("run-1"), undefined, "half a run is not to be seen");

      const journal = await open();
      assert.deepEqual(await journal.finish(ledger), ["run-1"]);
      await requireEntered(ledger);
      assert.deepEqual(await journal.finish(ledger), []);
    });
  }
});

Deno.test("nothing reaches the ledger before it is on the disk", async () => {
  await withJournal(async (open, folder) => {
    const journal = await open();
    await Deno.remove(folder, { recursive: true });
    const ledger = new Ledger(new MemoryCluster().open());
    await assert.rejects(journal.submit(ledger, submission), Deno.errors.NotFound);
    assert.equal((await ledger.jobs()).size, 0);
  });
});

Deno.test("a ledger that has lost its data is filled again", async () => {
  await withJournal(async (open) => {
    const journal = await open();
    await journal.submit(new Ledger(new MemoryCluster().open()), submission);
    const emptied = new Ledger(new MemoryCluster().open());
    assert.deepEqual(await journal.restore(emptied), ["run-1"]);
    await requireEntered(emptied);
  });
});

Deno.test("a run and its specs must be the same jobs", async () => {
  await withJournal(async (open) => {
    const journal = await open();
    const ledger = new Ledger(new MemoryCluster().open());
    const fewer = { ...submission, specs: specs.slice(1) };
    await assert.rejects(journal.submit(ledger, fewer), /has a name .* but no spec/);
    const more = { ...submission, specs: [...specs, chainJob("more")] };
    await assert.rejects(journal.submit(ledger, more), /has a spec but no name/);
    assert.deepEqual(await journal.finish(ledger), []);
  });
});

Deno.test("a file that is no submission is named", async () => {
  await withJournal(async (open, folder) => {
    const journal = await open();
    await Deno.writeTextFile(`${folder}/pending/run-2.json`, '{"run":');
    await assert.rejects(
      journal.finish(new Ledger(new MemoryCluster().open())),
      (error) => error instanceof BackboneError && error.message.includes("run-2.json"),
    );
  });
});
