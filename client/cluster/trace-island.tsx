import { useEffect, useMemo } from 'preact/hooks'
import type { TraceBlock } from '../../server/protocol/blocks.ts'
import type { TraceSpan, TraceState } from '../../server/protocol/live-block.ts'
import { Icon } from '../ui/icons.tsx'
import type { Watching } from './topology-island.tsx'
import { StateWords } from '../ui/state-words.tsx'
import './cluster.css'

type Data = Extract<TraceState, { state: 'data' }>

/** The newest fitting trace as a waterfall. */
export function TraceIsland({ block, watch }: { block: TraceBlock; watch: () => Watching }) {
  const watched = useMemo(watch, [block.id])
  useEffect(() => watched.stop, [watched])
  const live = watched.state.value
  const state = live?.kind === 'trace' ? live.trace : undefined
  if (state?.state === 'data') return <Waterfall data={state} />
  if (state?.state === 'failed') return <StateWords state="failed" lead="There is no trace" say={state.why} />
  if (state?.state === 'empty') return <StateWords state="empty" lead="No such trace yet" say={state.why} />
  return <StateWords state="waiting" lead="Waiting" say={state?.why ?? 'Asking Jaeger for the newest trace.'} />
}

/** Time in a unit that a person reads at a glance. */
export function inWords(millis: number): string {
  if (millis >= 10_000) return `${(millis / 1000).toFixed(1)} s`
  if (millis >= 1000) return `${(millis / 1000).toFixed(2)} s`
  return millis >= 10 ? `${Math.round(millis)} ms` : `${millis.toFixed(1)} ms`
}

const TICKS = [0, 0.25, 0.5, 0.75, 1]

function Waterfall({ data }: { data: Data }) {
  const failing = data.spans.filter(({ failed }) => failed).length
  const slowest = data.spans.toSorted((a, b) => b.own - a.own)[0]
  return (
    <div class="trace">
      <p class="trace-summary">
        {inWords(data.millis)}, {data.spans.length + data.left} {data.spans.length + data.left === 1 ? 'span' : 'spans'}
        {failing > 0 && `, ${failing} of them failed`}
        {slowest && data.spans.length > 1 && (
          <>
            . Most of it is {slowest.service}: <b>{inWords(slowest.own)}</b>
          </>
        )}
        <small>
          {' '}
          · {new Date(data.at).toLocaleTimeString()} · {data.id.slice(0, 8)}
        </small>
      </p>
      <table class="trace-spans">
        <thead>
          <tr>
            <th scope="col">Service</th>
            <th scope="col" class="trace-axis">
              <span class="visually-hidden">When</span>
              {TICKS.map((tick) => (
                <span key={tick} aria-hidden="true" style={{ left: `${tick * 100}%` }}>
                  {inWords(data.millis * tick)}
                </span>
              ))}
            </th>
            <th scope="col">Took</th>
          </tr>
        </thead>
        <tbody>
          {data.spans.map((span, index) => (
            <Row key={index} span={span} total={data.millis} slowest={span === slowest} />
          ))}
        </tbody>
      </table>
      {data.left > 0 && <p class="block-more">{data.left} more spans are not listed.</p>}
    </div>
  )
}

function Row({ span, total, slowest }: { span: TraceSpan; total: number; slowest: boolean }) {
  const share = (millis: number): string => `${total > 0 ? Math.min((millis / total) * 100, 100) : 0}%`
  return (
    <tr class={`${span.failed ? 'failed' : ''} ${slowest ? 'slowest' : ''}`}>
      <th scope="row" style={{ paddingLeft: `${span.depth * 26}px` }}>
        {span.failed && (
          <span class="trace-failed">
            <Icon name="failed" />
            <span class="visually-hidden">Failed: </span>
          </span>
        )}
        {span.service} <small>{span.operation}</small>
        {span.says !== undefined && <em>{span.says}</em>}
      </th>
      <td class="trace-bars">
        <span class="trace-bar" style={{ left: share(span.from), width: `max(4px, ${share(span.millis)})` }} />
        <span class="visually-hidden">from {inWords(span.from)}</span>
      </td>
      <td class="trace-took">
        {inWords(span.millis)}
        {slowest && <span class="visually-hidden">, most of it its own</span>}
      </td>
    </tr>
  )
}
