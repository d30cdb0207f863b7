/// <reference lib="dom" />
/**
 * The form by which a run of a method is queued: profile, seeds, variants and every hyper-parameter, generated
 * from the method's schema. Where the page may not give orders it shows what there is to set.
 */
import { create, setText } from "../dom.ts";
import type { LaboratoryLine, Outcome } from "../laboratory/line.ts";
import { writeAddress } from "../router.ts";
import { createPanel } from "../run/panel.ts";
import type { MethodItself, ProfileName } from "./method_document.ts";
import { type Field, parameterField } from "./parameter_field.ts";
import { largestRun, RunPlan } from "./run_plan.ts";
import { VariantChoice } from "./variant_choice.ts";
import { counted, writeProfile } from "./words.ts";

/** See the file's head. */
export class QueueForm {
  readonly element: HTMLElement;
  readonly #form = create("form");
  readonly #plan: RunPlan;
  readonly #profiles = new Map<ProfileName, HTMLInputElement>();
  readonly #fields = new Map<string, Field>();
  readonly #variants: VariantChoice;
  readonly #seeds: Field;
  /** Hyper-parameters of which the reader is to know, and those that are as always. */
  readonly #special = create("div", "fields");
  readonly #usual = create("div", "fields");
  readonly #more = create("details");
  readonly #moreWords = create("summary");
  readonly #what = create("p", "plan");
  readonly #command = create("code", "command");
  readonly #queue = create("button", "primary", "Queue run");
  readonly #reset = create("button", "", "As the profile has it");
  readonly #outcome = create("p", "outcome");
  readonly #rights = create("p", "what");
  #mayControl = false;

  constructor(method: MethodItself, private readonly line: LaboratoryLine) {
    const panel = createPanel("queue-form", "Queue a run");
    this.element = panel.element;
    this.element.hidden = false;
    this.#plan = new RunPlan(method);
    this.#variants = new VariantChoice(method, (names) => {
      this.#plan.variants = names;
      this.#show();
    });
    this.#seeds = this.#seedsField();
    for (const [name, schema] of Object.entries(this.#plan.parameters)) {
      this.#fields.set(name, this.#parameterField(name, schema));
    }
    this.#outcome.role = "status";
    this.#more.append(this.#moreWords, this.#usual);
    this.#form.noValidate = true;
    this.#form.append(
      this.#rights,
      this.#profileChoice(method),
      this.#seeds.element,
      this.#variants.element,
      this.#special,
      this.#more,
      ...this.#foot(),
    );
    this.element.append(this.#form);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#submit();
    });
    this.#arrange();
    this.#show();
    this.allow(line.mayControl);
  }

  /** Whether the page's orders are carried out. */
  allow(mayControl: boolean): void {
    this.#mayControl = mayControl;
    this.#rights.hidden = mayControl;
    setText(
      this.#rights,
      mayControl ? "" : "This page may only look: the command at the end queues the run instead.",
    );
    this.#queue.hidden = !mayControl;
  }

  #profileChoice({ id, profiles }: MethodItself): HTMLElement {
    const choice = create("fieldset", "profiles");
    choice.append(create("legend", "", "Profile"));
    for (const name of Object.keys(profiles) as ProfileName[]) {
      const profile = profiles[name];
      if (!profile) continue;
      const label = create("label");
      const button = create("input");
      button.type = "radio";
      button.name = `profile-of-${id}`;
      button.value = name;
      button.addEventListener("change", () => {
        this.#plan.profile = name;
        this.#arrange();
        this.#show();
      });
      this.#profiles.set(name, button);
      label.append(button, create("span", "", name));
      const what = create("p", "what", writeProfile(profile));
      what.id = `profile-${name}-meaning`;
      button.setAttribute("aria-describedby", what.id);
      choice.append(label, what);
    }
    return choice;
  }

  #seedsField(): Field {
    return parameterField({
      path: "seeds",
      name: "seeds",
      schema: {
        type: "integer",
        description: "each variant is run with seeds 1 to this number",
        minimum: 1,
        maximum: largestRun.seeds,
      },
      onChange: (seeds) => {
        this.#plan.seeds = Number(seeds);
        this.#show();
      },
    });
  }

  #parameterField(name: string, schema: RunPlan["parameters"][string]): Field {
    const field = parameterField({
      // Not to be taken for the number of seeds, should a method have a parameter of that name.
      path: `config.${name}`,
      name,
      schema,
      onChange: (value) => {
        this.#plan.set(name, value);
        this.#show();
      },
    });
    return field;
  }

  #foot(): HTMLElement[] {
    this.#queue.type = "submit";
    this.#reset.type = "button";
    this.#reset.addEventListener("click", () => {
      this.#plan.reset();
      this.#arrange();
      this.#show();
    });
    const buttons = create("div", "buttons");
    buttons.append(this.#queue, this.#reset);
    const same = create("p", "what", "The same at the command line:");
    return [this.#what, buttons, this.#outcome, same, this.#command];
  }

  /**
   * What differs from the defaults comes first, everything else is folded away. While the reader writes, all
   * fields stay where they are.
   */
  #arrange(): void {
    const special = [...this.#fields].filter(([name]) => this.#plan.isSpecial(name));
    const usual = [...this.#fields].filter(([name]) => !this.#plan.isSpecial(name));
    this.#special.replaceChildren(...special.map(([, { element }]) => element));
    this.#usual.replaceChildren(...usual.map(([, { element }]) => element));
    this.#more.hidden = usual.length === 0;
    const what = special.length > 0 ? "further hyper-parameter" : "hyper-parameter";
    setText(this.#moreWords, `${counted(usual.length, what)}, at the default`);
  }

  #show(): void {
    const plan = this.#plan;
    for (const [name, button] of this.#profiles) button.checked = name === plan.profile;
    if (!this.#seeds.faulty) this.#seeds.show(plan.seeds);
    this.#variants.show(plan.variants);
    for (const [name, field] of this.#fields) {
      if (!field.faulty) field.show(plan.value(name));
      field.element.dataset.changed = String(plan.isChanged(name));
    }
    setText(this.#what, writePlan(plan));
    setText(this.#command, plan.command());
    setText(this.#outcome, "");
  }

  async #submit(): Promise<void> {
    if (!this.#mayControl || this.#queue.ariaBusy === "true") return;
    const faulty = [this.#seeds, ...this.#fields.values()].find(({ faulty }) => faulty)?.faulty;
    if (faulty) {
      const folded = faulty.closest("details");
      if (folded) folded.open = true;
      faulty.focus();
      return;
    }
    if (this.#plan.problem) return this.#variants.focus();
    this.#queue.ariaBusy = "true";
    const outcome = await this.line.order(this.#plan.order());
    this.#queue.ariaBusy = "false";
    this.#tell(outcome);
  }

  #tell({ ok, message, run }: Outcome): void {
    this.#outcome.dataset.level = ok ? "quiet" : "warning";
    this.#outcome.replaceChildren(message);
    if (run === undefined) return;
    const link = create("a", "", "Watch the run");
    link.href = writeAddress("runs", [run]);
    this.#outcome.append(" ", link);
  }
}

/** What will happen. */
function writePlan({ problem, jobs, variants, seeds }: RunPlan): string {
  if (problem) return problem;
  const size = `${counted(variants.length, "variant")} × ${counted(seeds, "seed")}`;
  return `Queues ${counted(jobs, "job")} (${size}). Workers take them as soon as they are free.`;
}
