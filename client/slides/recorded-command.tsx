import type { RecordedRun } from '../../server/protocol/exported-deck.ts'
import { Icon } from '../ui/icons.tsx'
import { CopyButton } from './command-island.tsx'
import './recorded-command.css'

interface Recorded {
  readonly source: string
  readonly run: RecordedRun | undefined
  readonly acts: boolean
}

/** Below a command block, what its commands said when the deck was rehearsed. */
export function RecordedCommand({ source, run, acts }: Recorded) {
  const failed = run?.commands.findLast(({ exit }) => exit !== undefined && exit !== 0)
  return (
    <>
      {acts && (
        <div class="recorded-copy">
          <CopyButton text={source} />
        </div>
      )}
      {run && (
        <div class="recorded">
          {run.wrong !== undefined && (
            <p class="recorded-wrong">
              <Icon name="failed" /> Expected: {run.wrong}
            </p>
          )}
          <pre class="recorded-text" tabIndex={0} aria-label="Output">
            {run.commands.map((command, index) => (
              <Said key={index} command={command} prompted={run.commands.length > 1} />
            ))}
          </pre>
          {failed && <p class="recorded-exit">exit status {failed.exit}</p>}
        </div>
      )}
    </>
  )
}

function Said({ command: { text, output }, prompted }: { command: RecordedRun['commands'][number]; prompted: boolean }) {
  const said = output.trimEnd()
  return (
    <>
      {prompted && (
        <b>
          $ {text}
          {'\n'}
        </b>
      )}
      {said === '' ? !prompted && <i>It says nothing.</i> : `${said}\n`}
    </>
  )
}
