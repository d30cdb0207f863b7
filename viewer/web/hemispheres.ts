/// <reference lib="dom" />
/**
 * The network at work: every hidden unit of both hemispheres as a cell, layer by layer from top to
 * bottom, and between the layers the fibres of the callosum, lit by what they carry.
 */
import type { Description } from "../../cluster/protocol.ts";
import { callosalSource } from "./callosal_source.ts";
import { context2d, create, element, pixelRatio, setText } from "./dom.ts";
import { signed } from "./measures.ts";
import { css, diverging } from "./palette.ts";
import type { Theme } from "./theme.ts";

type Network = Description["network"];

/** CSS pixels. */
const cell = { height: 22, largestWidth: 28, gap: 1.5 } as const;
/** Between two layers, with and without fibres between the hemispheres: at the least, and where there is room. */
const layerGap = {
  fibres: { least: 58, most: 110 },
  plain: { least: 10, most: 24 },
} as const;
const margin = 1;
/** Share of the width between the two hemispheres. */
const fissure = 0.13;
/** Activities come as 127 steps a side. */
const steps = 127;

/** What the network does at one moment, [layer][stream][unit], −1 … 1. */
export interface NetworkActivity {
  readonly hidden: ArrayLike<number>;
  readonly callosum: ArrayLike<number>;
}

/** Where things are drawn. */
interface Layout {
  readonly cellWidth: number;
  /** Left edge of each stream, px. */
  readonly edges: readonly number[];
  /** Upper edge of each layer, px. */
  readonly tops: readonly number[];
}

/** The panel of the hemispheres. */
export class Hemispheres {
  readonly #canvas = element("#network", HTMLCanvasElement);
  readonly #host = element(".network-canvas", HTMLElement);
  readonly #names = element("#network-names", HTMLElement);
  readonly #title = element("#network-title", HTMLElement);
  readonly #absent = element("#network-absent", HTMLElement);
  readonly #merge = element("#merge", HTMLElement);
  readonly #legend = element("#network-legend", HTMLElement);
  readonly #context = context2d(this.#canvas);
  #network: Network | undefined;
  #activity: NetworkActivity = { hidden: [], callosum: [] };
  /** Colours by activity, from −127 to 127. */
  #colours: readonly string[] = [];
  #fibre = "";
  #ink = "";

  constructor() {
    new ResizeObserver(() => this.#draw()).observe(this.#host);
  }

  /** Show another network. */
  load(network: Network): void {
    this.#network = network;
    this.#activity = { hidden: [], callosum: [] };
    const empty = network.streams.length === 0 || network.layers === 0;
    this.#host.hidden = this.#names.hidden = this.#legend.hidden = empty;
    this.#absent.hidden = !empty;
    this.#names.replaceChildren(
      ...network.streams.map((name) => create("span", "", streamTitle(name))),
    );
    this.#names.dataset.streams = String(network.streams.length);
    setText(this.#title, hasFibres(network) ? "Hemispheres and callosum" : "Hidden units");
    const exchange = hasFibres(network) ? `, callosum ${network.callosum}` : "";
    this.#canvas.setAttribute(
      "aria-label",
      `Activities of ${network.streams.join(" and ")}: ` +
        `${network.layers} layers of ${network.units} units${exchange}`,
    );
    this.#draw();
  }

  /** Show what the network does now. */
  show(activity: NetworkActivity): void {
    this.#activity = activity;
    this.#draw();
  }

  /** The two weights with which the hemispheres are merged; none for other networks. */
  weigh(weights: readonly number[]): void {
    this.#merge.hidden = weights.length !== 2;
    if (this.#merge.hidden) return;
    const largest = Math.max(1, ...weights);
    weights.forEach((weight, i) => {
      const side = i === 0 ? "left" : "right";
      setText(element(`#merge-${side}`, HTMLElement), signed(weight, 2));
      const bar = element(`#merge-${side}-bar`, HTMLElement);
      bar.style.transform = `scaleX(${weight / largest})`;
    });
  }

  /** Take on the colours of a theme. */
  paint(theme: Theme): void {
    const scale = diverging(theme.minus, theme.zero, theme.plus);
    this.#colours = Array.from(
      { length: 2 * steps + 1 },
      (_, i) => css(scale((i - steps) / steps)),
    );
    this.#fibre = css(theme.muted, 0.16);
    this.#ink = css(theme.muted);
    this.#draw();
  }

  #colour(activity: number): string {
    return this.#colours[Math.round(activity * steps) + steps] ?? this.#colours[steps];
  }

  #draw(): void {
    const [network, host] = [this.#network, this.#host];
    if (!network || host.clientWidth === 0) return;
    host.style.minHeight = `${heightOf(network)}px`;
    const { clientWidth: width, clientHeight: height } = host;
    const layout = arrange(network, width, height);
    this.#resize(width, height);
    const context = this.#context;
    context.clearRect(0, 0, width, height);
    for (let layer = 0; layer < network.layers; layer++) {
      for (let stream = 0; stream < network.streams.length; stream++) {
        this.#drawUnits(network, layout, layer, stream);
        if (layer > 0 && hasFibres(network)) {
          this.#drawFibres(network, layout, layer, stream);
        }
      }
      if (network.streams.length === 2) this.#nameLayer(layer, layout, width);
    }
  }

  #drawUnits(network: Network, layout: Layout, layer: number, stream: number): void {
    const first = (layer * network.streams.length + stream) * network.units;
    for (let unit = 0; unit < network.units; unit++) {
      this.#context.fillStyle = this.#colour(this.#activity.hidden[first + unit] ?? 0);
      this.#context.fillRect(
        layout.edges[stream] + unit * layout.cellWidth,
        layout.tops[layer],
        Math.max(layout.cellWidth - cell.gap, 1),
        cell.height,
      );
    }
  }

  /** In the fissure, where there is room. */
  #nameLayer(layer: number, layout: Layout, width: number): void {
    const context = this.#context;
    context.font = "11px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = this.#ink;
    const name = fissure * width > 70 ? `layer ${layer + 1}` : `${layer + 1}`;
    context.fillText(name, width / 2, layout.tops[layer] + cell.height / 2);
  }

  /** What the units of one layer and stream receive from the other stream's layer above. */
  #drawFibres(network: Network, layout: Layout, layer: number, stream: number): void {
    const context = this.#context;
    const first = (layer * network.streams.length + stream) * network.units;
    const middleOf = (side: number, unit: number) =>
      layout.edges[side] + (unit + 0.5) * layout.cellWidth - cell.gap / 2;
    const from = layout.tops[layer - 1] + cell.height + 2;
    const to = layout.tops[layer] - 2;
    for (let unit = 0; unit < network.units; unit++) {
      const source = callosalSource(network.callosum, unit, network.units);
      if (source === undefined) continue;
      const received = this.#activity.callosum[first + unit] ?? 0;
      const strength = Math.min(Math.abs(received), 1);
      const [x0, x1] = [middleOf(1 - stream, source), middleOf(stream, unit)];
      const waist = (from + to) / 2;
      context.beginPath();
      context.moveTo(x0, from);
      context.bezierCurveTo(x0, waist, x1, waist, x1, to);
      context.lineWidth = 0.75;
      context.strokeStyle = this.#fibre;
      context.globalAlpha = 1;
      context.stroke();
      context.lineWidth = 0.75 + 1.5 * strength;
      context.strokeStyle = this.#colour(Math.sign(received));
      context.globalAlpha = strength ** 0.8;
      context.stroke();
      context.globalAlpha = 1;
    }
  }

  #resize(width: number, height: number): void {
    const ratio = pixelRatio();
    const [columns, rows] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.#canvas.width !== columns || this.#canvas.height !== rows) {
      this.#canvas.width = columns;
      this.#canvas.height = rows;
    }
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }
}

/** Whether the hemispheres exchange anything. */
const hasFibres = ({ streams, callosum }: Network) =>
  streams.length === 2 && callosum !== "none" && callosum !== "";

/** How high the network is drawn at the least, px. */
function heightOf(network: Network): number {
  const gaps = network.layers - 1;
  return network.layers * cell.height + gaps * gapsOf(network).least + 2 * margin;
}

const gapsOf = (network: Network) => hasFibres(network) ? layerGap.fibres : layerGap.plain;

function arrange(network: Network, width: number, height: number): Layout {
  const { streams, units, layers } = network;
  const spare = height - heightOf(network);
  const { least, most } = gapsOf(network);
  const gap = layers > 1 ? Math.min(most, least + Math.max(0, spare) / (layers - 1)) : 0;
  const tops = Array.from({ length: layers }, (_, layer) => margin + layer * (cell.height + gap));
  if (streams.length === 1) {
    const cellWidth = Math.min(width / units, cell.largestWidth);
    return { cellWidth, edges: [(width - cellWidth * units) / 2], tops };
  }
  const between = fissure * width;
  const room = (width - between) / streams.length;
  const edges = streams.map((_, stream) => stream * (room + between));
  return { cellWidth: room / units, edges, tops };
}

const streamTitles: Readonly<Record<string, string>> = {
  left: "Left hemisphere",
  right: "Right hemisphere",
  whole: "Whole network",
};

const streamTitle = (name: string) => Object.hasOwn(streamTitles, name) ? streamTitles[name] : name;
