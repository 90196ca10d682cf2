import { describe, expect, it } from 'vitest'
import { splitCommands } from './commands.ts'

const texts = (source: string): string[] => splitCommands(source).commands.map((command) => command.text)
const effect = (source: string): string | undefined => splitCommands(source).commands.at(-1)?.effect

describe('a block of commands', () => {
  it('is split into complete commands, without its comments', () => {
    expect(texts('# look\nkubectl get pods\n\nkubectl get nodes # all\n')).toEqual(['kubectl get pods', 'kubectl get nodes # all'])
  })

  it('keeps heredocs, loops and continued lines whole', () => {
    const heredoc = 'kubectl apply -f - <<EOF\nkind: Pod\nEOF'
    const loop = 'for i in 1 2; do\n  echo $i\ndone'
    const continued = 'kubectl get pods \\\n  --all-namespaces'
    expect(texts([heredoc, loop, continued, 'ls'].join('\n'))).toEqual([heredoc, loop, continued, 'ls'])
  })

  it('keeps a heredoc whole when a pipe follows it', () => {
    const source = 'cat <<EOF | kubectl apply -f -\na: 1\nEOF'
    expect(texts(`${source}\nls`)).toEqual([source, 'ls'])
  })

  it('types two commands of a line together', () => {
    expect(texts('cd /; ls\npwd && ls')).toEqual(['cd /; ls', 'pwd && ls'])
  })

  it.each([
    'kubectl exec -it sleepy -- sh',
    'kubectl exec -it sleepy sh',
    'kubectl -n web exec --stdin --tty deployment/x -c app -- /bin/bash',
    'kubectl run -it --rm shell --image=alpine',
    'kubectl run shell -it --image=alpine -- sh',
    'kubectl debug -it web --image=alpine --target=nginx',
    'kubectl attach -it shell',
    'bash',
    'sudo sh',
  ])('knows that another shell opens: %s', (source) => expect(effect(source)).toBe('opens-shell'))

  it.each([
    'kubectl logs -f web',
    'kubectl logs --follow web',
    'kubectl get pods -w',
    'kubectl get pods --watch',
    'kubectl port-forward svc/web 8080:80',
    'kubectl proxy',
    'kubectl exec web -it -- tail -f /var/log/x',
    'tail -f /var/log/x',
    'watch kubectl get pods',
    'top',
    'ping 10.0.0.1',
  ])('knows that it does not end: %s', (source) => expect(effect(source)).toBe('follows'))

  it.each(['kubectl edit pod web', 'vi a.yaml', 'nano a.yaml', '$EDITOR a.yaml'])('knows that an editor opens: %s', (source) => {
    expect(effect(source)).toBe('edits')
  })

  it.each([
    'kubectl logs web',
    'kubectl apply -f prometheus/',
    'kubectl exec web -- ps',
    'kubectl exec -it web -- ls /',
    'kubectl exec -it web -- sh -c "ls"',
    'bash script.sh',
    'sh -c "exit 1"',
    'ping -c 3 10.0.0.1',
    'X=$(kubectl exec web -- cat x)',
    'kubectl port-forward svc/web 8080:80 &',
    'kubectl run sleepy --image=alpine -- sleep 600',
    'kubectl delete -f quarantine/',
  ])('knows that it ends: %s', (source) => expect(effect(source)).toBe('ends'))

  it('makes each line a command, and says why, when bash cannot parse it', () => {
    const found = splitCommands('kubectl get pods\necho "open')
    expect(found.commands.map((command) => command.text)).toEqual(['kubectl get pods', 'echo "open'])
    expect(found.error).toMatchObject({ line: 2 })
  })
})
