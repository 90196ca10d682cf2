import type { Series } from '../../server/protocol/server-message.ts'
import { namesOf } from './labels.ts'
import { boundsOf, lastOf } from './series-table.ts'
import { scaleFor, unitOf, written } from './units.ts'

interface Latest {
  readonly series: readonly Series[]
  readonly query: string
}

/** More than these are counted: each should be read from the last row. */
const MOST_NUMBERS = 6
const MOST_ROWS = 10

/** The newest value of each series, large. */
export function Numbers({ series, query }: Latest) {
  const all = latestOf({ series, query })
  return (
    <ul class="chart-numbers" aria-hidden="true">
      {all.slice(0, MOST_NUMBERS).map(({ name, value }) => (
        <li key={name}>
          <b>{value}</b> {name}
        </li>
      ))}
      {all.length > MOST_NUMBERS && <li>and {all.length - MOST_NUMBERS} more</li>}
    </ul>
  )
}

/** The newest value of each series, in rows. */
export function Values({ series, query }: Latest) {
  const all = latestOf({ series, query })
  return (
    <table class="chart-values">
      <tbody>
        {all.slice(0, MOST_ROWS).map(({ name, value }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{value}</td>
          </tr>
        ))}
        {all.length > MOST_ROWS && (
          <tr>
            <th scope="row">and {all.length - MOST_ROWS} more</th>
            <td />
          </tr>
        )}
      </tbody>
    </table>
  )
}

function latestOf({ series, query }: Latest): readonly { name: string; value: string }[] {
  const scale = scaleFor(unitOf(query), boundsOf(series).largest)
  const names = namesOf(
    series.map(({ labels }) => labels),
    query,
  )
  return series.map((one, index) => {
    const last = lastOf(one)
    return { name: names[index] ?? '', value: last === undefined ? 'no value' : written(last, scale) }
  })
}
