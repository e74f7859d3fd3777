/** `watchkeeper action hooks|list|request|approve|reject`: what is done because of an alert. */
import { checkedId } from './alert.ts'
import { callApi } from './api-client.ts'
import type { CommonOptions } from './common.ts'
import { clock, type ListOptions, person, printDone, printList, queryOf } from './printing.ts'
import { Failure } from '../../schemas/failure.ts'

export interface ActionListOptions extends ListOptions {
  readonly state?: readonly string[]
  readonly hook?: readonly string[]
  readonly alert?: string
}

export interface RequestOptions extends CommonOptions {
  readonly hook: string
  readonly why: string
  readonly target?: readonly string[]
  readonly dryRun?: boolean
  readonly json?: boolean
}

interface Action {
  readonly action_id: string
  readonly hook: string
  readonly state: string
  readonly requested_by: string
  readonly requested_at: string
  readonly alert_id: string
  readonly why: string
}

interface Hook {
  readonly name: string
  readonly does: string
  readonly approval: boolean
}

export const hookList = (options: CommonOptions & { readonly json?: boolean }): Promise<number> => printList<Hook>(options, {
  path: '/api/v1/hooks', name: 'hooks', empty: 'No hook is configured: see response.hooks in docs/configuration.md.', columns: [
    { title: 'name', cell: ({ name }) => name }, { title: 'approval', cell: ({ approval }) => (approval ? 'by another token' : 'none') }, { title: 'what it does', cell: ({ does }) => does, flexible: true },
  ],
})

export const actionList = (options: ActionListOptions): Promise<number> => {
  const { tenant, limit, cursor, state, hook, alert } = options
  return printList<Action>(options, {
    path: `/api/v1/actions${queryOf({ tenant, limit, cursor, state, hook, alert_id: alert })}`, name: 'actions', empty: 'No action fits.', columns: [
      { title: 'id', cell: ({ action_id: id }) => id }, { title: 'state', cell: ({ state: what }) => what }, { title: 'hook', cell: ({ hook: name }) => name },
      { title: 'asked', cell: ({ requested_at: at }) => clock(at) }, { title: 'by', cell: ({ requested_by: who }) => who, flexible: true }, { title: 'why', cell: ({ why }) => why, flexible: true },
    ],
  })
}

/** `token_fingerprint=abc`. Throws Failure `misconfigured`. */
function targetOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(texts.map((text) => {
    const [, name = '', value = ''] = /^([a-z][a-z0-9_]{0,63})=(.*)$/s.exec(text) ?? []
    if (name === '') throw new Failure('misconfigured', 'action.target', `--target ${JSON.stringify(text)}: write NAME=VALUE, the name in lower case.`)
    return [name, value]
  }))
}

interface Asked {
  readonly action?: Action
  readonly would_send?: { readonly headers: Readonly<Record<string, string>>; readonly body: string }
}

function askedLine({ action, would_send: would }: Asked): string {
  if (would !== undefined) return [...Object.entries(would.headers).map(([name, value]) => `${name}: ${value}`), '', JSON.stringify(JSON.parse(would.body), undefined, 2)].join('\n')
  return action?.state === 'waiting' ? `Action ${action.action_id} waits for approval: watchkeeper action approve ${action.action_id}, with another token.` : `Action ${action?.action_id} is on its way.`
}

export async function actionRequest(id: string, { hook, why, target, dryRun, ...options }: RequestOptions): Promise<number> {
  const body = { hook, why, by: person(), dry_run: dryRun === true, target: targetOf(target ?? []) }
  const path = `/api/v1/alerts/${checkedId(id, 'alert list')}/actions`
  return printDone<Asked>(options, (config) => callApi(config, path, { method: 'POST', body }), askedLine)
}

export async function actionDecide(what: 'approve' | 'reject', id: string, { why, ...options }: CommonOptions & { readonly why?: string; readonly json?: boolean }): Promise<number> {
  const body = { by: person(), ...(why === undefined ? {} : { why }) }
  return printDone<{ readonly action: Action }>(options, (config) => callApi(config, `/api/v1/actions/${checkedId(id, 'action list')}/${what}`, { method: 'POST', body }),
    ({ action }) => `Action ${action.action_id} is ${action.state}.`)
}
