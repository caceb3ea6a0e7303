import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Command as Cmdk } from 'cmdk'
import { useDeferredValue, useState, type ReactNode } from 'react'
import { useApi } from '../api/api-context.ts'
import type { User } from '../api/client.ts'
import { getTenantSearchQueryOptions } from '../features/palette/tenant-search.queries.ts'
import { markWords, matchesWords, rankMatch, splitWords } from '../lib/match-words.ts'
import { tenantPath, tenantRoutePath } from '../lib/paths.ts'
import { useCommandList, type Command } from '../ui/commands.tsx'
import { Icon } from '../ui/icons.tsx'
import { KeyCaps } from '../ui/key-caps.tsx'
import { PaletteFrame } from '../ui/palette-frame.tsx'
import { Plate } from '../ui/plate.tsx'
import { maySee, useHasPage, useRouteTabs } from './places.ts'

const tenantsShownMax = 6

/** Jumps anywhere and does anything: tenants and their tabs, what this page offers, then everything else. */
export function Palette(props: { user: User; onClose: () => void; onShortcuts: () => void }): ReactNode {
  return (
    <PaletteFrame onClose={props.onClose}>
      <Content {...props} />
    </PaletteFrame>
  )
}

function Content(props: { user: User; onClose: () => void; onShortcuts: () => void }): ReactNode {
  const [search, setSearch] = useState('')
  const navigate = useNavigate()
  const tenants = useTenantEntries({ user: props.user, search: useDeferredValue(search) })
  const commands = useCommandList().filter(
    (command) =>
      command.palette !== false &&
      command.id !== 'shortcuts.open' &&
      matchesWords(`${command.name} ${command.words ?? ''}`, search),
  )
  const heads = [...new Set(commands.map(headOf))].sort(
    (one, other) => Number(one === 'Everywhere') - Number(other === 'Everywhere'),
  )
  const run = (work: () => void): void => {
    props.onClose()
    work()
  }
  return (
    <Cmdk
      label="Jump to"
      shouldFilter={false}
      loop
      className="flex min-h-0 flex-1 flex-col"
      onKeyDown={(event) => {
        if (event.key === '?' && search === '') {
          event.preventDefault()
          run(props.onShortcuts)
        }
      }}
    >
      <div className="flex h-[50px] shrink-0 items-center gap-3 border-b border-line px-4">
        <Icon name="search" className="shrink-0 text-ink-3" />
        <Cmdk.Input
          value={search}
          onValueChange={setSearch}
          placeholder="Jump to…"
          className="h-full min-w-0 flex-1 bg-transparent text-[15px]/[20px] text-ink outline-none placeholder:text-ink-3 phone:text-[16px]"
        />
        <KeyCaps keys="Escape" />
      </div>
      <Cmdk.List className="min-h-0 flex-1 overflow-y-auto p-[6px]">
        <Cmdk.Empty className="px-3 py-8 text-center text-ink-2">
          Nothing matches “{search}”. Try fewer words.
        </Cmdk.Empty>
        {tenants.length > 0 && (
          <Group head={props.user.is_superuser ? 'Tenants' : 'Organizations'}>
            {tenants.map((entry) => (
              <Entry
                key={entry.path}
                value={entry.path}
                mark={<Plate tenantId={entry.id} size={18} />}
                name={entry.name}
                search={search}
                end={<span className="font-mono text-meta text-ink-3">{entry.id}</span>}
                onSelect={() => run(() => void navigate({ to: entry.path }))}
              />
            ))}
          </Group>
        )}
        {heads.map((head) => (
          <Group key={head} head={props.user.is_superuser ? head : head.replace('tenant', 'organization')}>
            {commands
              .filter((command) => headOf(command) === head)
              .map((command) => (
                <Entry
                  key={command.id}
                  value={command.id}
                  mark={<Icon name={command.icon ?? 'arrow-right'} className="shrink-0 text-ink-3" />}
                  name={command.name}
                  search={search}
                  end={command.keys !== undefined && <KeyCaps keys={command.keys} />}
                  onSelect={() => run(command.run)}
                />
              ))}
          </Group>
        ))}
      </Cmdk.List>
      <div className="flex shrink-0 items-center gap-4 border-t border-line bg-sunken px-4 py-2 text-meta text-ink-3 coarse:hidden">
        <span className="flex items-center gap-2">
          <KeyCaps keys="ArrowUp" />
          <KeyCaps keys="ArrowDown" className="-ms-1" /> choose
        </span>
        <span className="flex items-center gap-2">
          <KeyCaps keys="Enter" /> go
        </span>
        <span className="ms-auto flex items-center gap-2">
          <KeyCaps keys="?" /> all shortcuts
        </span>
      </div>
    </Cmdk>
  )
}

function headOf(command: Command): string {
  return command.palette === undefined || command.palette === false ? 'Everywhere' : command.palette
}

function Group(props: { head: string; children: ReactNode }): ReactNode {
  return (
    <Cmdk.Group
      heading={props.head}
      className="[&>[cmdk-group-heading]]:px-2 [&>[cmdk-group-heading]]:pt-2 [&>[cmdk-group-heading]]:pb-1 [&>[cmdk-group-heading]]:text-meta [&>[cmdk-group-heading]]:text-ink-3"
    >
      {props.children}
    </Cmdk.Group>
  )
}

function Entry(props: {
  value: string
  mark: ReactNode
  name: string
  search: string
  end: ReactNode
  onSelect: () => void
}): ReactNode {
  return (
    <Cmdk.Item
      value={props.value}
      onSelect={props.onSelect}
      className="flex h-[34px] cursor-default items-center gap-3 rounded-md px-2 text-ink select-none data-[selected=true]:bg-accent-soft coarse:h-[44px]"
    >
      <span className="grid w-[18px] shrink-0 place-items-center">{props.mark}</span>
      <span className="min-w-0 flex-1 truncate">
        {markWords(props.name, props.search).map((part, at) => (
          // Parts of one text have no other identity than their place.
          <span key={`${at}:${part.text}`} className={part.matched ? 'font-semibold text-accent-text' : undefined}>
            {part.text}
          </span>
        ))}
      </span>
      {props.end}
    </Cmdk.Item>
  )
}

/** Tenants and, once two words are typed, their tabs: “kep pro” finds “Kepler Health / Prompt”. */
function useTenantEntries(options: { user: User; search: string }): { id: string; name: string; path: string }[] {
  const { user, search } = options
  const api = useApi()
  const enabled = useHasPage(tenantRoutePath) && maySee(user, 'manager')
  const isSuperuser = user.is_superuser
  const tabs = useRouteTabs(tenantRoutePath)
  const words = splitWords(search)
  const whole = useQuery(
    getTenantSearchQueryOptions({ api, search: search.trim(), isSuperuser, enabled: enabled && search.trim() !== '' }),
  )
  const [first = ''] = words
  const byFirst = useQuery(
    getTenantSearchQueryOptions({ api, search: first, isSuperuser, enabled: enabled && words.length > 1 }),
  )
  if (!enabled || words.length === 0) return []
  const found = new Map([...(whole.data ?? []), ...(byFirst.data ?? [])].map((tenant) => [tenant.id, tenant]))
  return [...found.values()]
    .flatMap(({ id, name }) => [
      { id, name, path: tenantPath(id) },
      ...(words.length > 1
        ? tabs.map((tab) => ({
            id,
            name: `${name} / ${tab.name}`,
            path: tab.to.replace('$tenantId', encodeURIComponent(id)),
          }))
        : []),
    ])
    .filter((entry) => matchesWords(`${entry.name} ${entry.id}`, search) || words.length === 1)
    .sort((one, other) => rankMatch(other.name, search) - rankMatch(one.name, search))
    .slice(0, tenantsShownMax)
}
