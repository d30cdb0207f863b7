/**
 * The viewer of a laboratory: one page that shows all of it, and for each job that moves an arm the page
 * of a run. It knows the bus and nothing else: what there is to see comes from whoever watches the ledger,
 * and what the pages watch and order is said on the bus.
 *
 * | address | what |
 * | --- | --- |
 * | `/` | the laboratory |
 * | `/arm?job=<job>` | the arm of a job |
 * | `/socket`, `/socket?job=<job>` | their WebSockets |
 * | `/documents/…` | what is larger than a message, see cluster/documents.ts |
 */
import type { Bus } from "../../cluster/bus.ts";
import type { DocumentSource } from "../../cluster/document_source.ts";
import {
  encodeMessage,
  jobIdentifier,
  laboratoryLimits,
  laboratorySubjects,
  protocolVersion,
} from "../../cluster/protocol.ts";
import { closeCodes } from "./audience.ts";
import type { ScriptSource } from "./bundle.ts";
import { LaboratoryRoom } from "./laboratory_room.ts";
import { laboratoryPage, runPage } from "./pages.ts";
import { RunRoom } from "./run_room.ts";
import { openSite, type Room, type RoomReports, type SiteAddress, type Viewer } from "./site.ts";
import { TurnedAway } from "./turned_away.ts";

/** How often what is watched is said again, ms: the bus may lose it. */
const interestEvery = 2_000;
/** How long an arm is kept ready after its last page has left, ms: a page that is loaded again comes back. */
const lingering = 3_000;

/** What `startLaboratoryViewer` needs. */
export interface LaboratoryViewerOptions extends SiteAddress, RoomReports {
  /** Where the laboratory tells of itself. */
  readonly bus: Bus;
  /** The script of an agent that does a job's trials in the page of its arm, as for a run's own page. */
  readonly worker?: ScriptSource;
  /** What its pages ask for beside what they are told; see cluster/documents.ts. */
  readonly documents?: DocumentSource;
}

/**
 * Start to serve the pages of a laboratory. Resolves as soon as the port is open; the pages' scripts are
 * bundled meanwhile.
 *
 * @throws {PortInUseError} when the port is taken
 * @throws {RangeError} see `openSite`
 */
export async function startLaboratoryViewer(options: LaboratoryViewerOptions): Promise<Viewer> {
  const house = new House(options);
  try {
    return await openSite({
      ...options,
      pages: { "/": laboratoryPage, "/arm": runPage },
      scripts: ["laboratory", "main"],
      room: (query) => house.room(query),
      health: () => ({ protocol: protocolVersion, pages: house.size }),
      dismiss: () => house.close(),
    });
  } catch (error) {
    await house.close();
    throw error;
  }
}

/** The rooms of a laboratory's viewer. */
class House {
  readonly #laboratory: LaboratoryRoom;
  readonly #arms = new Map<string, RunRoom>();
  readonly #lingering = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #full = new TurnedAway(
    closeCodes.tryAgainLater,
    `${laboratoryLimits.shownArms} arms are watched already`,
  );
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(private readonly options: LaboratoryViewerOptions) {
    const { bus, onError } = options;
    this.#laboratory = new LaboratoryRoom({ bus, onError, onChoice: () => this.#tell() });
    this.#timer = setInterval(() => this.#tell(), interestEvery);
  }

  /** How many pages there are. */
  get size(): number {
    return [...this.#arms.values()].reduce((sum, { size }) => sum + size, this.#laboratory.size);
  }

  room(query: URLSearchParams): Room | undefined {
    if (query.size === 0) return this.#laboratory;
    const job = jobIdentifier.safeParse(query.get("job")).data;
    return job === undefined || query.size > 1 ? undefined : this.#armRoom(job);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const timer of this.#lingering.values()) clearTimeout(timer);
    const rooms = [this.#laboratory, ...this.#arms.values()];
    await Promise.all([this.#full.close(), ...rooms.map((room) => room.close())]);
  }

  #armRoom(job: string): Room {
    // Until somebody is in it: a page may change its mind at the door.
    this.#linger(job);
    const known = this.#arms.get(job);
    if (known) return known;
    if (this.#arms.size >= laboratoryLimits.shownArms) {
      const idle = [...this.#arms].find(([, { size }]) => size === 0)?.[0];
      if (idle === undefined) return this.#full;
      this.#give(idle);
    }
    const { bus, onError, onDroppedFrame } = this.options;
    const onEmpty = () => this.#linger(job);
    const room = new RunRoom({ bus, run: job, onError, onDroppedFrame, onEmpty });
    this.#arms.set(job, room);
    this.#tell();
    return room;
  }

  /** Give up the room of an arm soon, unless somebody is in it by then. */
  #linger(job: string): void {
    clearTimeout(this.#lingering.get(job));
    const timer = setTimeout(() => {
      if (this.#arms.get(job)?.size === 0) this.#give(job);
      else this.#lingering.delete(job);
    }, lingering);
    this.#lingering.set(job, timer);
  }

  /** Give up the room of an arm that nobody watches. */
  #give(job: string): void {
    clearTimeout(this.#lingering.get(job));
    this.#lingering.delete(job);
    const room = this.#arms.get(job);
    this.#arms.delete(job);
    room?.close().catch(this.options.onError);
    this.#tell();
  }

  /** Say what is watched. */
  #tell(): void {
    const runs = this.#laboratory.choices;
    const arms = [...this.#arms.keys()];
    this.options.bus.publish(
      laboratorySubjects.interest,
      encodeMessage({ type: "interest", runs, arms }),
    );
  }
}
