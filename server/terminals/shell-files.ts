import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { chmod, chown, cp, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What a person's shell looks like from inside. */
export interface ShellIdentity {
  readonly user: string
  readonly host: string
}

/**
 * The shell's start file. It marks prompts and commands with OSC 133, with exit status (see marks.ts), and is `~/.bashrc`
 * so that a `bash` within the shell marks its own.
 */
export function bashrc({ user, host }: ShellIdentity): string {
  return `# Deckhand's shell. Yours to change; the OSC 133 lines tell slides when a command has finished.
case $- in *i*) ;; *) return ;; esac

# A command from a slide may hold '!': it is not history.
set +H
shopt -s checkwinsize
HISTCONTROL=ignoreboth
HISTSIZE=10000

__deckhand_ran=
__deckhand_prompt() {
  local status=$?
  # Nothing has run before the first prompt, or when Enter is pressed on an empty line.
  if [[ -n $__deckhand_ran ]]; then
    printf '\\e]133;D;%s\\a' "$status"
    __deckhand_ran=
  fi
  return "$status"
}
PROMPT_COMMAND=__deckhand_prompt
# Expanded in this very shell after a command was read and before it runs: the arithmetic remembers that something ran.
PS0='\${PS1:$((__deckhand_ran=1,0)):0}\\e]133;C\\a'
PS1='\\[\\e]133;A\\a\\]\\[\\e[1;32m\\]${user}@${host}\\[\\e[0m\\]:\\[\\e[1;34m\\]\\w\\[\\e[0m\\]\\$ \\[\\e]133;B\\a\\]'
PS2='\\[\\e]133;A;k=s\\a\\]> \\[\\e]133;B;k=s\\a\\]'

alias ls='ls --color=auto' grep='grep --color=auto' ll='ls -l' k=kubectl

# Completion is fetched the first time Tab asks for it: it takes kubectl a while to write it.
[[ -r /usr/share/bash-completion/bash_completion ]] && . /usr/share/bash-completion/bash_completion
__deckhand_kubectl_completion() {
  complete -r kubectl k 2>/dev/null
  . <(kubectl completion bash 2>/dev/null)
  complete -o default -o nospace -F __start_kubectl k
  return 124
}
complete -F __deckhand_kubectl_completion kubectl k
`
}

export interface HomeOptions {
  readonly identity: ShellIdentity
  /** Copied into the home. */
  readonly labFolder: string | undefined
  /** Whose it becomes; undefined when it is to stay the server's own user's. */
  readonly owner: number | undefined
}

/** Makes a person's home: a copy of the deck's lab folder, the shell's start file, an empty `.kube`. */
export async function createHome(home: string, { identity, labFolder, owner }: HomeOptions): Promise<void> {
  await mkdir(join(home, '.kube'), { recursive: true, mode: 0o700 })
  if (labFolder !== undefined) {
    for (const name of await readdir(labFolder)) {
      await cp(join(labFolder, name), join(home, name), { recursive: true, filter: (source) => !source.includes('/node_modules/') })
    }
  }
  await writeFile(join(home, '.bashrc'), bashrc(identity))
  await writeFile(
    join(home, '.inputrc'),
    '$include /etc/inputrc\nset bell-style none\nset enable-bracketed-paste on\nset enable-active-region off\n',
  )
  if (owner !== undefined) await giveAway(home, owner)
}

/**
 * Writes the kubeconfig that kubectl in this home uses. Only its owner may read it: it holds a key.
 *
 * A shell may be running in this home already, and the server may have more rights than it: no link that was put in the way,
 * also not between two steps, may lead the server elsewhere. So a new file is made in a folder that is held open, and takes
 * the old one's place; what the old one was does not matter.
 */
export async function writeKubeconfig(home: string, kubeconfig: string, owner: number | undefined): Promise<void> {
  await mkdir(join(home, '.kube'), { mode: 0o700 }).catch(() => {})
  const folder = await open(join(home, '.kube'), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    // Through the open folder, whatever its name means by now; elsewhere than on Linux shells have the server's own rights.
    const held = process.platform === 'linux' ? `/proc/self/fd/${folder.fd}` : join(home, '.kube')
    const fresh = join(held, `.config-${randomUUID()}`)
    const file = await open(fresh, 'wx', 0o600)
    try {
      await file.writeFile(kubeconfig)
      if (owner !== undefined) {
        await file.chown(owner, owner)
        if (process.platform === 'linux') await folder.chown(owner, owner)
      }
    } finally {
      await file.close()
    }
    await rename(fresh, join(held, 'config'))
  } finally {
    await folder.close()
  }
}

/** Removes a person's folder, whatever rights they have taken from their own folders in it. */
export async function removeHome(folder: string): Promise<void> {
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  try {
    await remove()
  } catch {
    await openUp(folder)
    await remove()
  }
}

async function openUp(folder: string): Promise<void> {
  await chmod(folder, 0o700).catch(() => {})
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) if (entry.isDirectory()) await openUp(join(folder, entry.name))
}

async function giveAway(folder: string, owner: number): Promise<void> {
  await chown(folder, owner, owner)
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isDirectory() || entry.isFile()) await chown(join(entry.parentPath, entry.name), owner, owner)
  }
}

/** The environment of a shell, whole: nothing of the server's own gets in. */
export function shellEnvironment(
  home: string,
  path: readonly string[],
  identity: ShellIdentity,
  editor: string | undefined,
): Record<string, string> {
  return {
    HOME: home,
    USER: identity.user,
    LOGNAME: identity.user,
    SHELL: '/bin/bash',
    PATH: path.join(':'),
    KUBECONFIG: `${home}/.kube/config`,
    TERM: 'xterm-256color',
    COLORTERM: 'truecolor',
    LANG: 'C.UTF-8',
    ...(editor === undefined ? {} : { EDITOR: editor, KUBE_EDITOR: editor }),
  }
}
