import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { columnsOf, boundsOf, shownRange } from './series-table.ts'
import type { Series } from '../../server/protocol/server-message.ts'
import { scaleFor, ticksFor, written, type Unit } from './units.ts'

export interface PlotLook {
  readonly ink: string
  readonly quiet: string
  readonly line: string
  readonly font: string
}

/** What is drawn over time. */
export type PlotKind = 'line' | 'area' | 'bars'

export interface Plotted {
  readonly kind: PlotKind
  readonly series: readonly Series[]
  readonly unit: Unit
  readonly from: number
  readonly to: number
}

/** Sizes on the slide's canvas: 24 px and 3 px in a hall, half of it in a tab, where the canvas is scaled. */
const TYPE = 25
const LINE = 3.5
const AXIS_WIDTH = 150

/** Okabe–Ito's eight, in their order (https://jfly.uni-koeln.de/color/); black is the ink, which a dark theme turns light. */
const okabeIto = ['#e69f00', '#56b4e9', '#009e73', '#f0e442', '#0072b2', '#d55e00', '#cc79a7']

export function colourOfSeries(index: number, ink: string): string {
  const at = index % (okabeIto.length + 1)
  return at === 0 ? ink : (okabeIto[at - 1] ?? ink)
}

/** Whether a series has the colour of one before it; its line is dashed, to tell them apart. */
export const repeatsColour = (index: number): boolean => index > okabeIto.length

/** A chart over time on a canvas. */
export class Plot {
  readonly #plot: uPlot
  readonly #unit: Unit
  #ticks: readonly number[] = [0, 1]
  #range: [number, number] = [0, 1]
  #largest = 1

  /** @param onDrawn is told whenever it was drawn anew: only then `heightOf` says where values are now */
  constructor(host: HTMLElement, plotted: Plotted, look: PlotLook, size: { width: number; height: number }, onDrawn: () => void) {
    this.#unit = plotted.unit
    this.#measure(plotted)
    const options = { ...this.#options(plotted, look, size), hooks: { draw: [onDrawn] } }
    this.#plot = new uPlot(options, columnsOf(plotted.series), host)
  }

  #options(plotted: Plotted, look: PlotLook, size: { width: number; height: number }): uPlot.Options {
    const bars = uPlot.paths.bars?.({ size: [0.8, 40] })
    const axis = { stroke: look.quiet, font: `${TYPE}px ${look.font}`, ticks: { show: false }, border: { show: false } }
    return {
      ...size,
      padding: [18, 46, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: true, range: () => this.#range }, y: { range: () => [this.#ticks[0] ?? 0, this.#ticks.at(-1) ?? 1] } },
      axes: [
        {
          ...axis,
          size: 56,
          gap: 14,
          grid: { show: false },
          splits: ({ width }) => timeTicks(this.#range, width - AXIS_WIDTH),
          values: (_plot, splits) => splits.map((at) => clockAt(at, this.#range)),
        },
        {
          ...axis,
          size: AXIS_WIDTH,
          gap: 16,
          grid: { stroke: look.line, width: 2 },
          splits: () => [...this.#ticks],
          values: (_plot, splits) => splits.map((value) => written(value, scaleFor(this.#unit, this.#largest))),
        },
      ],
      series: [
        {},
        ...plotted.series.map((_one, index) => ({
          stroke: colourOfSeries(index, look.ink),
          width: LINE,
          ...(plotted.kind === 'line' ? {} : { fill: faint(colourOfSeries(index, look.ink)) }),
          ...(plotted.kind === 'bars' && bars ? { paths: bars } : {}),
          ...(repeatsColour(index) ? { dash: [14, 9] } : {}),
          points: { show: plotted.kind !== 'bars' && plotted.series[index]?.times.length === 1, size: 12 },
          spanGaps: false,
        })),
      ],
    }
  }

  /** New values for the same series. */
  update(plotted: Plotted): void {
    this.#measure(plotted)
    this.#plot.setData(columnsOf(plotted.series))
  }

  resize(size: { width: number; height: number }): void {
    this.#plot.setSize(size)
  }

  /** Where a value is, in pixels from the chart's top. */
  heightOf(value: number): number {
    return this.#plot.valToPos(value, 'y') + this.#plot.bbox.top / devicePixelRatio
  }

  destroy(): void {
    this.#plot.destroy()
  }

  #measure({ series, unit, from, to }: Plotted): void {
    const { least, largest } = boundsOf(series)
    this.#largest = largest
    this.#ticks = ticksFor(least, largest, scaleFor(unit, largest).factor)
    this.#range = shownRange(series, from, Math.max(to, from + 1))
  }
}

/** What is below a line: its colour, but what is behind it shows. */
const faint = (colour: string): string => `color-mix(in srgb, ${colour} 28%, transparent)`

const steps = [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200]

/** At most six round times within a range of seconds; fewer where so many would not fit beside each other. @param room in pixels */
function timeTicks([from, to]: readonly [number, number], room: number): number[] {
  const label = clockAt(from, [from, to]).length * TYPE * 0.85
  const most = Math.min(5, Math.max(1, Math.floor(room / label)))
  const step = steps.find((candidate) => (to - from) / candidate <= most) ?? 86_400
  const first = Math.ceil(from / step) * step
  return Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, index) => first + index * step)
}

function clockAt(seconds: number, [from, to]: readonly [number, number]): string {
  const date = new Date(seconds * 1000)
  const parts = to - from < 300 ? [date.getHours(), date.getMinutes(), date.getSeconds()] : [date.getHours(), date.getMinutes()]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}
