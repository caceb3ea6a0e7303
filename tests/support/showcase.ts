import { call } from './call.ts'
import { makeTenant, makeUser, type Person, signIn } from './people.ts'
import { ask, eventually, type Scenario } from './scenario.ts'

interface ShownTenant {
  id: string
  name: string
  model: string
  /** Its requests, of those of the busiest. */
  share: number
  /** Its usual time to the first token. */
  firstTokenMs: number
}

/** The tenant whose own pages are looked at. */
export const shownTenant = 'kepler-health'

const tenants: ShownTenant[] = [
  { id: shownTenant, name: 'Kepler Health', model: 'gpt-4.1-mini', share: 1, firstTokenMs: 290 },
  { id: 'brightwater', name: 'Brightwater Bank', model: 'gpt-4.1-mini', share: 0.88, firstTokenMs: 330 },
  { id: 'mosaic-travel', name: 'Mosaic Travel', model: 'gpt-4o-mini', share: 0.66, firstTokenMs: 260 },
  { id: 'verity', name: 'Verity Pharma', model: 'gpt-4.1', share: 0.53, firstTokenMs: 410 },
  { id: 'northwind', name: 'Northwind Legal', model: 'gpt-4.1', share: 0.44, firstTokenMs: 640 },
  { id: 'lumen-retail', name: 'Lumen Retail', model: 'gpt-4.1-nano', share: 0.41, firstTokenMs: 220 },
  { id: 'aalto', name: 'Aalto Insurance', model: 'gpt-4.1-mini', share: 0.33, firstTokenMs: 300 },
  { id: 'fjord-energy', name: 'Fjord Energy', model: 'gpt-4o-mini', share: 0.26, firstTokenMs: 270 },
  { id: 'orchard-schools', name: 'Orchard Schools', model: 'gpt-4.1-nano', share: 0.22, firstTokenMs: 240 },
  { id: 'tern-mobility', name: 'Tern Mobility', model: 'gpt-4.1-mini', share: 0.15, firstTokenMs: 320 },
  { id: 'halden-museum', name: 'Halden Museum', model: 'gpt-4.1-mini', share: 0.08, firstTokenMs: 350 },
  { id: 'polder-water', name: 'Polder Water', model: 'gpt-4o-mini', share: 0.04, firstTokenMs: 280 },
]

const prompts = [
  'You are the assistant of Kepler Health.',
  'You are the assistant of Kepler Health. Answer in the language of the question.',
  'You are the assistant of Kepler Health.\nAnswer in the language of the question, in at most three sentences.\nFor anything urgent, name the emergency number first.',
  'You are the assistant of Kepler Health.\nAnswer in the language of the question, in at most three sentences, and cite your sources.\nFor anything urgent, name the emergency number first.\nNever guess at a diagnosis: say who can help.',
]

const members = ['Pia Lindqvist', 'Jude Okafor', 'Tuomas Virtanen', 'Ines Carvalho', 'Noor Haddad']

const questions = [
  'When is the clinic in Bergen open?',
  'How do I move my appointment?',
  'Which vaccinations do I need for Kenya?',
  'Is my prescription ready?',
  'How much is a first consultation?',
]

/**
 * Fills a scenario with a believable platform: twelve tenants, 60 days of usage ending now, conversations, prompt
 * versions, and connections that fail. Everything but the past comes through the API; past times are written by SQL, as
 * real rows, drawn with a fixed seed.
 */
export async function fillShowcase(
  scenario: Scenario,
  options: {
    /** Requests in an average hour of the busiest tenant. */
    requestsAnHour: number
  },
): Promise<void> {
  const { sql, superuser } = scenario
  superuser.email = 'maren.olsen@platform.example'
  await sql`update users set full_name = 'Maren Olsen', email = ${superuser.email} where id = ${superuser.id}`
  await eventually(async () => {
    const me = await call(scenario.app, 'GET /users/me', { token: superuser.token })
    return me.body.email === superuser.email
  })
  for (const { id, name, model } of tenants) {
    await makeTenant(scenario.app, superuser, id, { name, model_provider: 'openai', model })
  }
  const users = await makeMembers(scenario)
  await holdConversations(scenario, users)
  await writePrompts(scenario)
  await breakConnections(scenario)
  await change(scenario, 'polder-water', { is_active: false })
  await fillLedger(scenario, { ...options, users })
  await spreadOverThePast(scenario)
}

async function makeMembers({ app, superuser, sql }: Scenario): Promise<Person[]> {
  const made: Person[] = []
  for (const name of members) {
    const email = `${name.toLowerCase().replace(' ', '.')}@kepler.example`
    const person = await makeUser(app, superuser, { email, tenant: shownTenant })
    await sql`update users set full_name = ${name} where id = ${person.id}`
    made.push(await signIn(app, email))
  }
  return made
}

async function holdConversations({ app, model }: Scenario, users: Person[]): Promise<void> {
  for (const [at, message] of questions.entries()) {
    model.behave({ text: 'The clinic is open from 8 to 16 on weekdays [1].', delayMs: 1 })
    await ask(app, { token: users[at % users.length]?.token, body: { message } })
  }
}

async function writePrompts(scenario: Scenario): Promise<void> {
  for (const system_prompt of prompts) await change(scenario, shownTenant, { system_prompt })
}

async function breakConnections(scenario: Scenario): Promise<void> {
  const { app, pinecone, model, superuser } = scenario
  const key = 'pcsk_showcase_0123456789'
  pinecone.addIndex({ name: 'kepler-docs', apiKey: key })
  pinecone.addIndex({ name: 'northwind-docs', apiKey: key, spec: { cloud: 'aws', region: 'us-east-1' } })
  pinecone.addIndex({ name: 'halden-docs', apiKey: key, dimension: 768 })
  const connect = (pinecone_index: string, pinecone_environment: string | null = null) => ({
    pinecone_api_key: key,
    pinecone_index,
    pinecone_environment,
  })
  await change(scenario, shownTenant, connect('kepler-docs', 'us-east-1-aws'))
  await change(scenario, 'northwind', connect('northwind-docs', 'eu-west-1-aws'))
  await change(scenario, 'halden-museum', connect('halden-docs'))
  for (const id of [shownTenant, 'northwind', 'halden-museum']) {
    await call(app, `POST /admin/tenants/${id}/pinecone/test`, { token: superuser.token, body: {} })
  }
  model.behave({ status: 401 })
  await call(app, 'POST /admin/tenants/tern-mobility/model/test', { token: superuser.token, body: {} })
}

async function change({ app, superuser }: Scenario, id: string, body: Record<string, unknown>): Promise<void> {
  const reply = await call(app, `PATCH /admin/tenants/${id}`, { token: superuser.token, body })
  if (reply.status !== 200) throw new Error(`${id} was not changed: ${reply.text}`)
}

/** Days have their hours and weeks their weekend; the last of the rows is a few minutes old. */
async function fillLedger(scenario: Scenario, options: { requestsAnHour: number; users: Person[] }): Promise<void> {
  const shown = JSON.stringify(
    tenants.map(({ id, model, share, firstTokenMs }) => ({ id, model, share, first_token_ms: firstTokenMs })),
  )
  await scenario.sql.begin(async (sql) => {
    await sql`select setseed(0.42)`
    await sql`
      insert into usage_ledger (id, tenant_id, user_id, source, purpose, provider, model, prompt_tokens,
        completion_tokens, cost_micro_usd, status, usage_source, first_token_ms, duration_ms, request_id, created_at,
        settled_at)
      select gen_random_uuid(), c.tenant_id, c.user_id, 'api', 'chat', 'openai', c.model, c.prompt, c.completion,
        round((c.prompt * p.input_per_million + c.completion * p.output_per_million) / 1000000),
        case when c.fate < 0.004 then 'failed' when c.fate < 0.02 then 'aborted' else 'completed' end, 'provider',
        c.first_token_ms, c.first_token_ms + c.completion * 9, 'showcase', c.at, c.at + interval '3 seconds'
      from (
        select t.id as tenant_id, t.model, hour + random() * interval '55 minutes' as at, random() as fate,
          case when t.id = ${shownTenant} then (${options.users.map(({ id }) => id)}::uuid[])[1 + floor(random() * ${options.users.length})::int] end as user_id,
          (420 + 380 * random())::int as prompt, (60 + 180 * random())::int as completion,
          (t.first_token_ms * (0.7 + 0.5 * random() + 2.2 * power(random(), 12)))::int as first_token_ms
        from jsonb_to_recordset(${shown}::text::jsonb) as t(id text, model text, share float, first_token_ms int)
        cross join generate_series(now() - interval '60 days', now() - interval '1 hour', interval '1 hour') as hour
        cross join lateral generate_series(1, round(
          ${options.requestsAnHour} * t.share
          * (0.35 + 0.65 * power(sin(pi() * extract(hour from hour) / 24), 2))
          * case when extract(isodow from hour) > 5 then 0.6 else 1.1 end
          * (0.9 + 0.2 * random() - 0.006 * extract(epoch from now() - hour) / 86400)
        )::int)
      ) c
      join model_prices p on p.provider = 'openai' and p.model = c.model`
  })
}

async function spreadOverThePast({ sql }: Scenario): Promise<void> {
  // What calls found out about connections is written down a moment later.
  await eventually(
    async () => (await sql`select 1 from connection_health where failing_since is not null`).length === 3,
  )
  await sql`update tenants set created_at = now() - (interval '9 days' * (40 - number))`
  await sql`update users set created_at = now() - interval '200 days'`
  await sql`update tenant_prompt_versions v set created_at = now() - interval '52 hours' * (1 + newest.version - v.version)
    from (select tenant_id, max(version) as version from tenant_prompt_versions group by 1) newest
    where newest.tenant_id = v.tenant_id`
  await sql`update audit_log a set at = now() - interval '37 minutes' * numbered.n
    from (select id, row_number() over (order by at desc, id desc) as n from audit_log) numbered where numbered.id = a.id`
  await sql`update connection_health set affected = case tenant_id when 'tern-mobility' then 1904 else 212 end,
    failing_since = now() - case tenant_id when 'northwind' then interval '14 minutes'
      when 'tern-mobility' then interval '2 hours' else interval '3 days' end
    where failing_since is not null`
  await sql`update tenant.chat_sessions s set updated_at = now() - interval '4 minutes' * numbered.n
    from (select id, row_number() over (order by updated_at desc) as n from tenant.chat_sessions) numbered
    where numbered.id = s.id`
}
