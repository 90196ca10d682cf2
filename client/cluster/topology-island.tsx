import type { ReadonlySignal } from '@preact/signals'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { TopologyBlock } from '../../server/protocol/blocks.ts'
import type { Health, LiveState, TopologyItem, TopologyState } from '../../server/protocol/live-block.ts'
import { CARD, COLUMNS, layOut, shortened, type Card, type Layout } from './layout.ts'
import { StateWords } from '../ui/state-words.tsx'
import './cluster.css'

export interface Watching {
  readonly state: ReadonlySignal<LiveState | undefined>
  readonly stop: () => void
}

type Data = Extract<TopologyState, { state: 'data' }>

const HEADINGS: Readonly<Record<TopologyItem['kind'], readonly [one: string, many: string]>> = {
  ingress: ['Ingress', 'Ingresses'],
  service: ['Service', 'Services'],
  workload: ['Workload', 'Workloads'],
  replicaset: ['Replica set', 'Replica sets'],
  pod: ['Pod', 'Pods'],
  volume: ['Volume', 'Volumes'],
  node: ['Node', 'Nodes'],
}

/** The viewer's own cluster, drawn as it changes. */
export function TopologyIsland({ block, watch }: { block: TopologyBlock; watch: () => Watching }) {
  const watched = useMemo(watch, [block.id])
  useEffect(() => watched.stop, [watched])
  const live = watched.state.value
  const state = live?.kind === 'topology' ? live.topology : undefined
  return <figure class="topology">{state?.state === 'data' ? <Drawing data={state} /> : <Waiting state={state} />}</figure>
}

function Waiting({ state }: { state: Exclude<TopologyState, Data> | undefined }) {
  if (state?.state === 'failed') return <StateWords state="failed" lead="This cannot be drawn" say={state.why} />
  return <StateWords state="waiting" lead="Waiting" say={state?.why ?? 'Asking the cluster for its objects.'} />
}

function Drawing({ data }: { data: Data }) {
  const host = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  useEffect(() => {
    if (!host.current) return
    const element = host.current
    const measure = (): void => setWidth(element.clientWidth)
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  const layout = useMemo(() => (width > 0 ? layOut(data.items, data.lines, width) : undefined), [data, width])
  if (data.items.length === 0) return <StateWords state="empty" lead="Nothing to draw yet" say="The cluster has none of these objects." />
  return (
    <div ref={host}>
      {layout && <Picture layout={layout} />}
      <List data={data} hidden={layout !== undefined} />
      {data.left.length > 0 && (
        <p class="block-more">
          Not drawn: {data.left.map(({ kind, count }) => `${count} more ${HEADINGS[kind][count === 1 ? 0 : 1].toLowerCase()}`).join(', ')}.
        </p>
      )}
    </div>
  )
}

function Picture({ layout }: { layout: Layout }) {
  return (
    <svg
      class="topology-drawing"
      viewBox={`-4 -4 ${layout.width + 8} ${layout.height + 8}`}
      style={{ maxWidth: `${(layout.width + 8) * enlarged(layout)}px` }}
      aria-hidden="true"
    >
      {layout.columns.map(({ kind, x }) => (
        <text key={kind} class="topology-heading" x={x} y={26}>
          {HEADINGS[kind][1]}
        </text>
      ))}
      {layout.arrows.map(({ line, path }) => (
        <path key={`${line.from}>${line.to}`} class={`topology-line ${line.failing ? 'failing' : ''}`} d={path} />
      ))}
      {layout.cards.map((card) => (
        <ItemCard key={card.item.id} card={card} width={layout.cardWidth} />
      ))}
      {layout.arrows.map(
        ({ line, at }) =>
          line.says !== undefined && <Flow key={`${line.from}>${line.to}`} says={line.says} at={at} failing={line.failing === true} />,
      )}
    </svg>
  )
}

/** Few objects are drawn larger than many: as far as a slide has room below its heading. */
const enlarged = ({ height }: Layout): number => Math.min(1.5, Math.max(1, 690 / height))

/** Plex's letters are about this wide, as a share of their size. */
const LETTER = 0.54

function Flow({ says, at, failing }: { says: string; at: { x: number; y: number }; failing: boolean }) {
  const [rate = '', failed] = says.split(', ')
  const rows = failed === undefined ? [rate] : [rate, failed]
  const width = Math.max(...rows.map(({ length }) => length)) * 20 * LETTER + 14
  return (
    <g class={`topology-flow ${failing ? 'failing' : ''}`} transform={`translate(${at.x} ${at.y})`}>
      <rect x={-width / 2} y={-14 * rows.length} width={width} height={28 * rows.length} rx="6" />
      {rows.map((row, index) => (
        <text key={row} y={-14 * rows.length + 21 + 26 * index}>
          {row}
        </text>
      ))}
    </g>
  )
}

function ItemCard({ card: { item, x, y }, width }: { card: Card; width: number }) {
  const room = Math.floor((width - 74) / (27 * LETTER))
  const most = Math.floor((width - 66) / (23 * LETTER))
  const words = [item.word, item.detail].filter((each) => each !== undefined).join(' · ')
  return (
    <g class={`topology-card ${item.health}`} transform={`translate(${x} ${y})`}>
      <rect width={width} height={CARD.height} rx="10" />
      <Mark health={item.health} />
      <text class="topology-name" x="58" y="36">
        {shortened(item.name, room)}
      </text>
      <text class="topology-word" x="58" y="67">
        {words.length > most ? shortened(item.word, most) : words}
      </text>
    </g>
  )
}

/** A state is a shape, too: a disc, a ring, a cross, a square. */
function Mark({ health }: { health: Health }) {
  const middle = CARD.height / 2
  if (health === 'ok') return <circle class="topology-mark" cx="30" cy={middle} r="12" />
  if (health === 'waiting') return <circle class="topology-mark ring" cx="30" cy={middle} r="10" />
  if (health === 'unknown') return <rect class="topology-mark" x="20" y={middle - 10} width="20" height="20" />
  return <path class="topology-mark cross" d={`M20 ${middle - 10}l20 20m0-20l-20 20`} />
}

/** The same in words: for those who do not see the drawing, and where it has no room. */
function List({ data, hidden }: { data: Data; hidden: boolean }) {
  const kinds = COLUMNS.filter((column) => data.items.some(({ kind }) => kind === column))
  const nameOf = new Map(data.items.map(({ id, name }) => [id, name]))
  return (
    <div class={hidden ? 'visually-hidden' : 'topology-list'}>
      {kinds.map((kind) => (
        <div key={kind}>
          <h4>{HEADINGS[kind][1]}</h4>
          <ul>
            {data.items
              .filter((each) => each.kind === kind)
              .map((item) => {
                const flows = data.lines.flatMap(({ from, to, says }) =>
                  to === item.id && says !== undefined ? [`${says} from ${nameOf.get(from) ?? ''}`] : [],
                )
                return (
                  <li key={item.id} class={item.health}>
                    <svg viewBox={`14 ${CARD.height / 2 - 16} 32 32`} aria-hidden="true">
                      <Mark health={item.health} />
                    </svg>
                    <span>
                      <b>{item.name}</b>{' '}
                      <small>{[item.word, item.detail, ...flows].filter((each) => each !== undefined).join(' · ')}</small>
                    </span>
                  </li>
                )
              })}
          </ul>
        </div>
      ))}
    </div>
  )
}
