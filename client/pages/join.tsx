import { useEffect, useState } from 'preact/hooks'
import { JoinRequest, SessionInfo } from '../../server/protocol/http-api.ts'
import { getJson, postJson, RequestFailed, wordsOf } from '../net/api.ts'
import './join.css'

/** Who was on the way to a slide goes on there. */
function attending(): string {
  const at = new URLSearchParams(location.search).get('at') ?? ''
  return at.startsWith('#/') ? `/attend${at}` : '/attend'
}

/** The door: a name, a button, what the presenter will be able to see. */
export function JoinPage() {
  const [code, setCode] = useState(() => decodeURIComponent(location.hash.slice(1)))
  const [asksCode, setAsksCode] = useState(code === '')
  const [name, setName] = useState('')
  const [title, setTitle] = useState('Workshop')
  const [problem, setProblem] = useState('')
  const [joining, setJoining] = useState(false)

  useEffect(() => {
    getJson('/api/session', SessionInfo)
      .then((info) => {
        if (info.attendee) return location.replace(attending())
        setTitle(info.title)
        document.title = `Join ${info.title}`
      })
      .catch((error: unknown) => setProblem(wordsOf(error)))
  }, [])

  const join = async (): Promise<void> => {
    const request = JoinRequest.safeParse({ name, code })
    if (!request.success)
      return setProblem(name.trim() === '' ? 'Type your name first.' : 'Type the code that is on the screen in the room.')
    setJoining(true)
    setProblem('')
    try {
      await postJson('/api/join', request.data)
      location.assign(attending())
    } catch (error) {
      setProblem(wordsOf(error))
      if (error instanceof RequestFailed && error.status >= 400 && error.status < 500) setAsksCode(true)
      setJoining(false)
    }
  }

  return (
    <main class="join-page">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void join()
        }}
      >
        <p class="join-kind">Workshop</p>
        <h1>{title}</h1>
        <label>
          Your name
          <input
            autocomplete="name"
            maxLength={60}
            autofocus
            required
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
            aria-describedby="join-problem"
          />
        </label>
        {asksCode && (
          <label>
            Code from the screen
            <input
              class="join-code"
              autocomplete="off"
              autocapitalize="characters"
              spellcheck={false}
              maxLength={20}
              value={code}
              onInput={(event) => setCode(event.currentTarget.value)}
              aria-describedby="join-problem"
            />
          </label>
        )}
        <p id="join-problem" class="join-problem" role="alert">
          {problem}
        </p>
        <button type="submit" class="button strong" disabled={joining}>
          {joining ? 'Joining' : 'Join'}
        </button>
        <p class="join-seen">
          The presenter sees your name, the slide you are on, and whether the commands you run work. Your terminal stays yours.
        </p>
      </form>
      <JoinDrawing />
    </main>
  )
}

function JoinDrawing() {
  const wave = 'c30 0 30-22 60-22s30 22 60 22'.repeat(16)
  return (
    <svg class="join-drawing" viewBox="0 0 1600 140" preserveAspectRatio="xMinYMax slice" aria-hidden="true">
      <g fill="none" stroke-width="3" stroke-linecap="round">
        <path d={`M-60 60${wave}`} />
        <path d={`M-20 96${wave}`} />
        <path d={`M-90 132${wave}`} />
      </g>
    </svg>
  )
}
