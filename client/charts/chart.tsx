import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { ChartState, Series } from '../../server/protocol/server-message.ts'
import { colourOf, themeVersion } from '../ui/theme.ts'
import { namesOf, spreadLabels } from './labels.ts'
import { Numbers, Values } from './latest-values.tsx'
import { colourOfSeries, Plot, repeatsColour, type PlotKind, type PlotLook } from './plot.ts'
import { QueryLine } from './query-line.tsx'
import type { Watch } from './query-island.tsx'
import { boundsOf, lastOf } from './series-table.ts'
import { summaryOf, type ChartKind } from './summary.ts'
import { scaleFor, unitOf, written } from './units.ts'
import { StateWords } from '../ui/state-words.tsx'

interface Charted {
  readonly title: string | undefined
  readonly kind: ChartKind
  readonly query: string
  readonly rangeSeconds: number
  readonly stepSeconds: number
  readonly watch: Watch
  readonly editable: boolean
}

/** A query above its chart. People may ask something else of their own cluster and come back to the slide's query. */
export function Chart({ title, kind, query, rangeSeconds, stepSeconds, watch, editable }: Charted) {
  const [asked, setAsked] = useState({ query, again: 0 })
  const feed = useMemo(() => watch({ query: asked.query, rangeSeconds, stepSeconds }), [asked, rangeSeconds, stepSeconds, watch])
  useEffect(() => feed.stop, [feed])
  const state = feed.state.value
  return (
    <figure class="chart" data-state={state?.state ?? 'waiting'}>
      {title !== undefined && <figcaption>{title}</figcaption>}
      <QueryLine
        slideQuery={query}
        query={asked.query}
        editable={editable}
        onRun={(next) => setAsked(({ again }) => ({ query: next, again: again + 1 }))}
      />
      {state?.state === 'data' ? <Drawn kind={kind} query={asked.query} state={state} /> : <Words state={state} />}
      <p class="unseen">{summaryOf(asked.query, state, kind)}</p>
    </figure>
  )
}

/** Waiting, empty and failed are sentences, with a shape beside them. */
function Words({ state }: { state: Exclude<ChartState, { state: 'data' }> | undefined }) {
  const kind = state?.state ?? 'waiting'
  const lead = { waiting: 'Waiting', empty: 'Nothing matches', failed: 'The query failed' }[kind]
  return <StateWords state={kind} lead={lead} say={state?.why ?? 'Asking Prometheus for this chart.'} />
}

const DIRECT_LABELS = 6
/** The height of a legend's line with the gap below it, in the slide's pixels: as charts.css has it. */
const LEGEND_LINE = 36
const LABEL_GAP = 66

type Data = Extract<ChartState, { state: 'data' }>

interface DrawnAs<Kind> {
  readonly kind: Kind
  readonly query: string
  readonly state: Data
}

function Drawn({ kind, query, state }: DrawnAs<ChartKind>) {
  if (kind === 'number') return <Numbers query={query} series={state.series} />
  if (kind === 'table') return <Values query={query} series={state.series} />
  return <Lines kind={kind} query={query} state={state} />
}

function Lines({ kind, query, state }: DrawnAs<PlotKind>) {
  const host = useRef<HTMLDivElement>(null)
  const plot = useRef<Plot>(undefined)
  const [labels, setLabels] = useState<readonly number[]>([])
  const [listed, setListed] = useState(1)
  /** For so many labels at their lines' ends there is height. */
  const [room, setRoom] = useState(DIRECT_LABELS)
  const { series } = state
  const identity = JSON.stringify(series.map((one) => one.labels)) + query + kind
  const plotted = { kind, series, unit: unitOf(query), from: state.from, to: state.to }
  const direct = series.length <= Math.min(DIRECT_LABELS, room)
  const look = lookNow()
  const place = useRef<() => void>(() => undefined)
  place.current = (): void => {
    const made = plot.current
    setRoom(Math.floor(((host.current?.clientHeight ?? 0) - 90) / LABEL_GAP) + 1)
    setListed(Math.max(1, Math.floor((host.current?.clientHeight ?? 0) / LEGEND_LINE)))
    if (made)
      setLabels(
        spreadLabels(
          series.map((one) => made.heightOf(lastOf(one) ?? 0)),
          LABEL_GAP,
          (host.current?.clientHeight ?? 0) - 90,
        ),
      )
  }

  useEffect(() => {
    if (!host.current) return
    const element = host.current
    const made = new Plot(element, plotted, look, sizeOf(element), () => place.current())
    plot.current = made
    const observer = new ResizeObserver(() => made.resize(sizeOf(element)))
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.destroy()
    }
  }, [identity, themeVersion.value])
  useEffect(() => plot.current?.update(plotted), [state, identity])

  return (
    <div class={`chart-lines ${direct ? 'direct' : 'listed'}`} role="img" aria-label={summaryOf(query, state, kind)}>
      <div class="chart-canvas" ref={host} />
      {direct ? (
        <DirectLabels series={series} query={query} heights={labels} ink={look.ink} />
      ) : (
        <Legend series={series} query={query} ink={look.ink} lines={listed} />
      )}
    </div>
  )
}

const sizeOf = ({ clientWidth, clientHeight }: HTMLElement): { width: number; height: number } => ({
  width: Math.max(100, clientWidth),
  height: Math.max(80, clientHeight),
})

const lookNow = (): PlotLook => ({ ink: colourOf('ink'), quiet: colourOf('quiet'), line: colourOf('line'), font: "'IBM Plex Sans'" })

interface Named {
  readonly series: readonly Series[]
  readonly query: string
  readonly ink: string
}

function described({ series, query, ink }: Named): readonly { name: string; value: string; colour: string }[] {
  const scale = scaleFor(unitOf(query), boundsOf(series).largest)
  const names = namesOf(
    series.map(({ labels }) => labels),
    query,
  )
  return series.map((one, index) => {
    const last = lastOf(one)
    return { name: names[index] ?? '', value: last === undefined ? 'no value' : written(last, scale), colour: colourOfSeries(index, ink) }
  })
}

function DirectLabels({ heights, ...named }: Named & { heights: readonly number[] }) {
  return (
    <div class="chart-labels" aria-hidden="true">
      {described(named).map(({ name, value, colour }, index) => (
        <span key={name} class="chart-label" style={{ top: `${heights[index] ?? 0}px`, '--series': colour }}>
          <b>{value}</b> {name}
        </span>
      ))}
    </div>
  )
}

/** As many lines as there is height for; the last says how many more there are. */
function Legend({ lines, ...named }: Named & { lines: number }) {
  const all = described(named)
  const shown = all.length > lines ? lines - 1 : all.length
  return (
    <ul class="chart-legend" aria-hidden="true">
      {all.slice(0, shown).map(({ name, value, colour }, index) => (
        <li key={name} class={repeatsColour(index) ? 'again' : undefined} style={{ '--series': colour }}>
          <span>{name}</span> <b>{value}</b>
        </li>
      ))}
      {all.length > shown && <li>and {all.length - shown} more</li>}
    </ul>
  )
}
