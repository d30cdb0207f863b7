/** The process whose log and counters log_test.ts finds exported. */
import { Counters } from "../../cluster/counters.ts";
import { processLog } from "../../cluster/log.ts";

const log = processLog({ worker: "desk-1" });
new Counters().add("jobs.finished");
log.info("finished a job");
