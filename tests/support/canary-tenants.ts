import { randomUUID } from 'node:crypto'
import type postgres from 'postgres'
import { call, type CallOptions } from './call.ts'
import type { Canaries } from './canaries.ts'
import { inDatabase } from './dedicated.ts'
import { type OpenStream, openStream } from './open-stream.ts'
import { makeUser, password, type Person, signIn } from './people.ts'
import { asOwner } from './owner-sql.ts'
import { eventually, type Scenario } from './scenario.ts'

/** What may stand in a request for a tenant's things. */
export interface Things {
  tenant: string
  /** Its owner's id. */
  owner: string
  /** A platform user's id. */
  platformUser: string
  /** A tenant user's id, and its address. */
  user: string
  email: string
  session: string
  /** An answer's. */
  stream: string
  domain: string
  origin: string
  /** An API key's id. */
  apiKey: string
  /** The name of the model that answers. */
  model: string
  document: string
}

/** A tenant all of whose texts are canaries, and everybody in it. */
export interface CanaryTenant {
  things: Things
  /** The things of another user of the very same tenant. */
  neighbour: Things
  /** A server of the tenant, by an API key. */
  server: Person
  owner: Person
  /** A platform user who is assigned to it. */
  assigned: Person
  user: Person
  other: Person
  databaseName: string | null
  /** Nothing that the tenant stores, logs or sends to others may show these. */
  keys: string[]
  /** Nor may core or any log: what its end users wrote and who they are. */
  private: string[]
  passage: string
}

/** Who may see what: the names under which the people of a tenant look. */
const viewersOf = (letter: string) => ({
  owner: `owner of ${letter}`,
  assigned: `platform user of ${letter}`,
  user: `user of ${letter}`,
  other: `other user of ${letter}`,
  server: `server of ${letter}`,
})

/** Onboards a tenant and fills every column that a text fits into with a canary. */
export async function makeCanaryTenant(
  scenario: Scenario,
  canaries: Canaries,
  options: { letter: string; isolation: 'pooled' | 'dedicated' },
): Promise<CanaryTenant> {
  const { letter, isolation } = options
  const { app, superuser, model, pinecone } = scenario
  const viewers = viewersOf(letter)
  const managers = [viewers.owner, 'superuser']
  const everybody = [...managers, viewers.assigned, viewers.user, viewers.other, viewers.server]
  const make = (kind: string, seenBy: readonly string[]): string => canaries.make(letter + kind, seenBy)
  const admin = (route: string, sent: CallOptions = {}) => expectDone(scenario, route, sent)

  const tenant = make('tenant', everybody)
  const index = make('index', managers)
  const keys = [make('modelkey', []), make('pineconekey', [])]
  const owner = await makeUser(app, superuser, { email: `${make('owner', managers)}@people.example`, is_owner: true })
  canaries.watch(owner.id, managers)
  await admin(`PATCH /admin/users/${owner.id}`, { body: { full_name: make('ownername', managers) } })
  const modelName = make('model', everybody)
  const textField = make('field', managers)
  const made = await admin('POST /admin/tenants', {
    body: {
      id: tenant,
      name: make('name', everybody),
      isolation,
      owner_id: owner.id,
      system_prompt: make('prompt', managers),
      retrieval_filter: { $or: [{ lang: { $ne: make('filter', managers) } }] },
      pinecone_index: index,
      pinecone_namespace: make('namespace', managers),
      pinecone_text_field: textField,
      pinecone_api_key: keys[1],
      model: modelName,
      model_provider: 'openai-compatible',
      model_base_url: model.url,
      model_api_key: keys[0],
    },
  })
  pinecone.addIndex({ name: index, apiKey: keys[1] ?? '', dimension: 1536 })
  await admin(`PATCH /admin/tenants/${tenant}`, { body: { system_prompt: make('secondprompt', managers) } })
  const assigned = await makeUser(app, superuser, {
    email: `${make('assigned', [...managers, viewers.assigned])}@people.example`,
    tenant,
  })
  canaries.watch(assigned.id, [...managers, viewers.assigned])

  const members: Record<'user' | 'other', Person> = { user: owner, other: owner }
  const texts: string[] = []
  const asked: Record<string, OpenStream> = {}
  for (const role of ['user', 'other'] as const) {
    const seenBy = [...managers, viewers[role]]
    const [address, name] = [make(role, seenBy), make(`${role}name`, seenBy)]
    const email = `${address}@people.example`
    await admin(`POST /admin/tenants/${tenant}/users`, { body: { email, password, full_name: name } })
    members[role] = await signIn(app, email, tenant)
    canaries.watch(members[role].id, seenBy)
    texts.push(address, name)
  }
  const apiKey = await admin(`POST /admin/tenants/${tenant}/api-keys`, {
    body: { name: make('keyname', [...managers, viewers.server]) },
  })
  const passage = make('passage', everybody)
  const { id: documentId } = await admin(`POST /admin/tenants/${tenant}/documents`, {
    body: { title: make('title', everybody), text: `It is known that ${passage} is so.` },
  })
  await eventually(
    async () => (await admin(`GET /admin/tenants/${tenant}/documents/${documentId}`, {})).status === 'ready',
    20_000,
  )
  canaries.watch(documentId, everybody)
  canaries.watch(apiKey.id, [...managers, viewers.server])
  const server: Person = { ...owner, id: apiKey.id, email: `${apiKey.id}@api-key.invalid`, token: apiKey.secret }
  for (const [role, person] of Object.entries({ ...members, assigned, server })) {
    const viewer = viewers[role === 'user' || role === 'other' || role === 'server' ? role : 'assigned']
    const question = make(`${role}text`, [viewer])
    const stream = await openStream(app, 'POST /chat/stream', {
      token: person.token,
      body: { message: `What of ${question} and ${passage}?` },
    })
    asked[role] = await stream.read()
    texts.push(question)
    canaries.watch(stream.sessionId, [...managers, viewer])
    canaries.watch(stream.streamId, [...managers, viewer])
    canaries.watch(stream.messageId, [viewer])
  }
  const host = `${make('domain', managers)}.example`
  await admin(`POST /admin/tenants/${tenant}/domains`, { body: { origin: `https://${host}` } })
  const invited = make('invited', managers)
  await expectDone(scenario, `POST /admin/tenants/${tenant}/invites`, {
    token: owner.token,
    body: { email: `${invited}@people.example` },
  })
  if (made.database_name) canaries.watch(made.database_name, managers)
  const things = (person: Person, answer: OpenStream | undefined): Things => ({
    tenant,
    owner: owner.id,
    platformUser: assigned.id,
    user: person.id,
    email: person.email,
    session: answer?.sessionId ?? '',
    stream: answer?.streamId ?? '',
    domain: host,
    origin: `https://${host}`,
    apiKey: apiKey.id,
    model: modelName,
    document: documentId,
  })
  return {
    things: things(members.user, asked.user),
    neighbour: things(members.other, asked.other),
    owner,
    assigned,
    server,
    ...members,
    databaseName: made.database_name,
    keys: [...keys, apiKey.secret],
    private: [...texts, invited, passage],
    passage,
  }
}

/** The people of a tenant by the names under which they look. */
export function listViewers(letter: string, tenant: CanaryTenant): { viewer: string; person: Person }[] {
  const names = viewersOf(letter)
  const roles = ['owner', 'assigned', 'user', 'other', 'server'] as const
  return roles.map((role) => ({ viewer: names[role], person: tenant[role] }))
}

/** Things that nobody has, in the same shapes. */
export function makePhantom(): Things {
  const word = `none${randomUUID().slice(0, 8)}`
  return {
    tenant: `cnry${word}`,
    owner: randomUUID(),
    platformUser: randomUUID(),
    user: randomUUID(),
    email: `${word}@people.example`,
    session: randomUUID(),
    stream: randomUUID(),
    domain: `${word}.example`,
    origin: `https://${word}.example`,
    apiKey: randomUUID(),
    model: `cnry${word}`,
    document: randomUUID(),
  }
}

/** A user of the same tenant whom there is not. */
export function makeColleaguesPhantom(colleague: Things): Things {
  const { user, email, session, stream } = makePhantom()
  return { ...colleague, user, email, session, stream }
}

/** Looks with the owner's eyes into the database where a tenant's rows are. */
export function inStoreOf<T>(
  scenario: Scenario,
  databaseName: string | null,
  work: (sql: postgres.Sql) => Promise<T>,
): Promise<T> {
  return databaseName === null ? asOwner(scenario.app, work) : inDatabase(scenario.app, databaseName, work)
}

/** Calls as the superuser unless another token is given; throws unless it succeeded. */
async function expectDone(scenario: Scenario, route: string, sent: CallOptions) {
  const reply = await call(scenario.app, route, { token: scenario.superuser.token, ...sent })
  if (reply.status >= 300) throw new Error(`${route} answered ${reply.status}: ${reply.text}`)
  return reply.body
}
