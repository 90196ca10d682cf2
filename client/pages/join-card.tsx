import type { SessionInfo } from '../../server/protocol/http-api.ts'

/** How to join, for the last row of a hall. */
export function JoinCard({ join }: { join: NonNullable<SessionInfo['join']> }) {
  const shown = join.url.replace(/^https?:\/\//, '').replace(/#.*$/, '')
  return (
    <div class="join-card">
      <dl>
        <dt>Open</dt>
        <dd>{shown}</dd>
        <dt>Code</dt>
        <dd class="code">{join.code}</dd>
      </dl>
      <img src={`data:image/svg+xml,${encodeURIComponent(join.qrSvg)}`} alt={`QR code for ${join.url}`} />
    </div>
  )
}

/** The same slide for somebody who is inside already. */
export function JoinHere() {
  return <p class="joined-already">You are in. Your terminal is on this page.</p>
}
