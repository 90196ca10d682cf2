import type { SessionStore } from '../classroom/session-store.ts'
import type { Position } from '../../server/protocol/session-event.ts'
import type { SlideFinding } from '../slides/finding.tsx'
import { nameOf } from '../slides/outline.ts'
import { placeOf } from '../slides/walk.ts'
import { copyText } from '../ui/clipboard.ts'
import { Icon } from '../ui/icons.tsx'
import { Menu, SizeChoice, ThemeChoice } from '../ui/menu.tsx'
import { tell } from '../ui/toasts.tsx'
import { addressOf } from './address.ts'
import { FindingChoices } from './finding-choices.tsx'
import type { OwnTerminals } from './own-terminals.ts'
import type { Roaming } from './roaming.ts'

interface Bar {
  readonly store: SessionStore
  readonly roaming: Roaming
  readonly terminals: OwnTerminals
  readonly finding: SlideFinding
}

/** 44 px: what this is, where the presenter is, and the way back there. */
export function AttendeeBar({ store, roaming, terminals, finding }: Bar) {
  const deck = store.deck.value
  const here = placeOf(deck, roaming.position.value)
  const stage = placeOf(deck, store.stage())
  const following = roaming.following.value
  return (
    <header class="attendee-bar">
      <h1 title={deck.title}>{deck.title}</h1>
      <div class="attendee-where">
        <FollowToggle following={following} onToggle={roaming.toggle} />
        {!following && (
          <span class="stage-place" title={`The presenter is on “${nameOf(stage.slide)}”`}>
            <span class="dot live" aria-hidden="true" /> Presenter: {stage.index + 1}, {nameOf(stage.slide)}
          </span>
        )}
      </div>
      <nav class="attendee-walk" aria-label="Slides">
        <button type="button" class="button bare" aria-label="Back" title="Back (←)" onClick={() => roaming.walk('previous')}>
          <Icon name="back" />
        </button>
        <span class="attendee-count">
          {here.index + 1} <span>/ {deck.slides.length}</span>
        </span>
        <button type="button" class="button bare" aria-label="Next" title="Next (→)" onClick={() => roaming.walk('next')}>
          <Icon name="next" />
        </button>
      </nav>
      <Menu label="Menu">
        <ThemeChoice />
        <TerminalChoices terminals={terminals} />
        <FindingChoices finding={finding} />
        <CopyLink position={roaming.position.value} />
      </Menu>
    </header>
  )
}

function CopyLink({ position }: { position: Position }) {
  const copy = async (): Promise<void> => {
    const copied = await copyText(`${location.origin}/attend${addressOf(position)}`)
    tell(copied ? 'Copied. Who opens it joins first, and comes to this slide.' : 'This browser does not let the page copy.')
  }
  return (
    <button type="button" class="button" onClick={() => void copy()}>
      Copy a link to this slide
    </button>
  )
}

function FollowToggle({ following, onToggle }: { following: boolean; onToggle: () => void }) {
  return (
    <button type="button" class={`button follow ${following ? 'following' : 'roams'}`} aria-keyshortcuts="f" onClick={onToggle}>
      {following ? (
        <>
          <span class="dot live" aria-hidden="true" /> <span class="wide-only">Following the presenter</span>
          <span class="narrow-only">Following</span>
        </>
      ) : (
        <>
          <span class="wide-only">You are roaming: back to the stage</span>
          <span class="narrow-only">Back to the stage</span>
        </>
      )}
      <kbd aria-hidden="true">f</kbd>
    </button>
  )
}

export function TerminalChoices({ terminals }: { terminals: OwnTerminals }) {
  return (
    <>
      <SizeChoice
        label="Terminal type"
        size={terminals.fontSize.value}
        least={9}
        most={40}
        onSize={(size) => (terminals.fontSize.value = size)}
      />
      <fieldset class="choice">
        <legend>Terminal colours</legend>
        <label>
          <input type="radio" name="look" checked={terminals.look.value === 'navy'} onChange={() => (terminals.look.value = 'navy')} /> Navy
        </label>
        <label>
          <input type="radio" name="look" checked={terminals.look.value === 'paper'} onChange={() => (terminals.look.value = 'paper')} />{' '}
          Paper
        </label>
      </fieldset>
      <fieldset class="choice">
        <legend class="unseen">Screen reader</legend>
        <label>
          <input
            type="checkbox"
            checked={terminals.screenReader.value}
            onChange={(event) => (terminals.screenReader.value = event.currentTarget.checked)}
          />
          Terminal for screen readers
        </label>
      </fieldset>
    </>
  )
}
