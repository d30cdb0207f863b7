/// <reference lib="dom" />
/** The field of a hyper-parameter, as its schema has it: a box to tick, a choice, a text, or several together. */
import type { ParameterSchema } from "../../../cluster/documents.ts";
import { create, setText } from "../dom.ts";
import { spaced } from "../measures.ts";
import { choicesOf, isRecord, readValue, writeAllowed, writeValue } from "./parameter.ts";
import { writeDefault } from "./words.ts";

/** What stands in a form for a value. */
export interface Field {
  readonly element: HTMLElement;
  /** Where the keyboard goes when there is something to mend; undefined as long as there is not. */
  readonly faulty: HTMLElement | undefined;
  /** Show a value, unless the reader is writing one that cannot be read yet. */
  show(value: unknown): void;
}

/** What a field is of. */
export interface FieldOptions {
  /** Its place in the configuration, such as "network.units"; its own in the page. */
  readonly path: string;
  readonly name: string;
  readonly schema: ParameterSchema;
  /** Told of every value that the schema allows. */
  readonly onChange: (value: unknown) => void;
}

/** The field that fits. */
export function parameterField(options: FieldOptions): Field {
  const { type, properties } = options.schema;
  if (type === "object" && properties) return new GroupField(options, properties);
  return type === "boolean" ? new TickedField(options) : new WrittenField(options);
}

const identifier = (path: string) => `parameter-${path}`;

/** A label, and what the value means. */
function words({ path, name, schema }: FieldOptions) {
  const label = create("label", "", spaced(name));
  label.htmlFor = identifier(path);
  label.title = name;
  const meaning = create("p", "what", schema.description ?? "");
  meaning.id = `${identifier(path)}-meaning`;
  return { label, meaning };
}

class TickedField implements Field {
  readonly element = create("div", "field ticked");
  readonly faulty = undefined;
  readonly #box = create("input");

  constructor(options: FieldOptions) {
    const { label, meaning } = words(options);
    this.#box.type = "checkbox";
    this.#box.id = identifier(options.path);
    this.#box.setAttribute("aria-describedby", meaning.id);
    this.#box.addEventListener("change", () => options.onChange(this.#box.checked));
    this.element.append(this.#box, label, meaning);
  }

  show(value: unknown): void {
    this.#box.checked = value === true;
  }
}

/** Values that are written, or chosen among those that there are. */
class WrittenField implements Field {
  readonly element = create("div", "field");
  readonly #input: HTMLInputElement | HTMLSelectElement;
  readonly #hint = create("p", "what");
  readonly #problem = create("p", "problem");
  readonly #schema: ParameterSchema;
  #isFaulty = false;

  constructor(private readonly options: FieldOptions) {
    const { path, schema } = options;
    this.#schema = schema;
    const { label, meaning } = words(options);
    const choices = choicesOf(schema);
    this.#input = choices ? choice(choices) : text(schema);
    this.#input.id = identifier(path);
    this.#hint.textContent = hintOf(schema, choices !== undefined);
    this.#hint.id = `${this.#input.id}-hint`;
    this.#problem.id = `${this.#input.id}-problem`;
    this.#problem.hidden = true;
    const described = [meaning.id, this.#hint.id, this.#problem.id];
    this.#input.setAttribute("aria-describedby", described.join(" "));
    this.#input.addEventListener("input", () => this.#read());
    this.element.append(label, this.#input, this.#problem, meaning, this.#hint);
  }

  get faulty(): HTMLElement | undefined {
    return this.#isFaulty ? this.#input : undefined;
  }

  show(value: unknown): void {
    this.#complain(undefined);
    const text = writeValue(value);
    // As the reader has written it, as long as that means the same.
    const reading = readValue(this.#input.value, this.#schema);
    if (reading.ok && writeValue(reading.value) === text) return;
    this.#input.value = text;
  }

  #read(): void {
    const reading = readValue(this.#input.value, this.#schema);
    this.#complain(reading.ok ? undefined : reading.problem);
    if (reading.ok) this.options.onChange(reading.value);
  }

  #complain(problem: string | undefined): void {
    this.#isFaulty = problem !== undefined;
    this.#input.ariaInvalid = String(this.#isFaulty);
    this.#problem.hidden = !this.#isFaulty;
    setText(this.#problem, problem ?? "");
  }
}

/** What can be chosen says itself what is allowed. */
const hintOf = (schema: ParameterSchema, isChoice: boolean): string =>
  [isChoice ? "" : writeAllowed(schema), writeDefault(schema)].filter(Boolean).join("; ");

function choice(values: readonly unknown[]): HTMLSelectElement {
  const select = create("select");
  select.append(...values.map((value) => {
    const option = create("option", "", writeValue(value));
    option.value = writeValue(value);
    return option;
  }));
  return select;
}

function text({ type }: ParameterSchema): HTMLInputElement {
  const input = create("input");
  input.type = "text";
  input.autocomplete = "off";
  input.spellcheck = false;
  // Keyboards of numbers on phones lack a minus sign and an exponent: that of whole ones is for those alone.
  if (type === "integer") input.inputMode = "numeric";
  return input;
}

/** Several values by name, which together are one. */
class GroupField implements Field {
  readonly element = create("fieldset", "field group");
  readonly #fields: ReadonlyMap<string, Field>;
  #value: Readonly<Record<string, unknown>> = {};

  constructor(
    { path, name, schema, onChange }: FieldOptions,
    properties: Readonly<Record<string, ParameterSchema>>,
  ) {
    this.element.append(create("legend", "", spaced(name)));
    if (schema.description) this.element.append(create("p", "what", schema.description));
    this.#fields = new Map(
      Object.entries(properties).map(([part, schema]) => {
        const field = parameterField({
          path: `${path}.${part}`,
          name: part,
          schema,
          onChange: (value) => {
            this.#value = { ...this.#value, [part]: value };
            onChange(this.#value);
          },
        });
        this.element.append(field.element);
        return [part, field] as const;
      }),
    );
  }

  get faulty(): HTMLElement | undefined {
    return [...this.#fields.values()].find(({ faulty }) => faulty)?.faulty;
  }

  show(value: unknown): void {
    this.#value = isRecord(value) ? value : {};
    for (const [part, field] of this.#fields) field.show(this.#value[part]);
  }
}
