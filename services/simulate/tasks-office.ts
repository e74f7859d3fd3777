/** Tasks of everybody: mail, calendar, chat, files, wiki, tickets. */
import { topic } from './company.ts'
import { on, type Task, text } from './task.ts'
import { COMPANIES, COMPANY_DOMAIN, customerMail, FIRST, LAST, NOUNS, prose, rows } from './words.ts'

const id = (length: number) => ({ dice }: Parameters<Task['make']>[0]): string => dice.hex(length)
const mailId = id(12)

export const OFFICE_TASKS: readonly Task[] = [
  { needs: ['mail'], roles: 5, make(scene) {
    const { dice, person } = scene
    const ids = Array.from({ length: dice.int(1, 4) }, () => mailId(scene))
    return {
      says: dice.pick(['What is new in my inbox?', 'Summarise my unread mails please', 'Anything urgent in my mail since yesterday?']),
      calls: [
        on(scene, 'mail', 'search_mail', { args: { query: dice.pick(['is:unread', 'newer_than:1d', 'in:inbox']), limit: 20 }, result: rows(dice.around(900), (at) => ({ id: ids[at] ?? dice.hex(12), from: dice.pick([...person.colleagues, ...person.contacts]), subject: topic(dice) })) }),
        ...ids.map((one) => on(scene, 'mail', 'read_mail', { args: { id: one }, result: text(dice, 700) })),
      ], answer: prose(dice, 300),
    }
  } },
  { needs: ['mail'], roles: 3, make(scene) {
    const { dice, person } = scene
    const [to, subject, one] = [dice.pick([...person.colleagues, ...person.contacts]), topic(dice), mailId(scene)]
    const body = prose(dice, 280)
    return {
      says: dice.pick([`Reply to the mail about the ${subject} and say that we will be ready next week`, `Answer ${to} on the ${subject}: we agree`, `Send a reply on "${subject}", friendly, that I will look into it`]),
      calls: [
        on(scene, 'mail', 'search_mail', { args: { query: subject, limit: 5 }, result: JSON.stringify([{ id: one, from: to, subject }]) }),
        on(scene, 'mail', 'read_mail', { args: { id: one }, result: `From: ${to}\nSubject: ${subject}\n\n${text(dice, 600)}` }),
        on(scene, 'mail', 'send_mail', { args: { to, subject: `Re: ${subject}`, body }, result: 'Mail sent.' }),
      ],
    }
  } },
  { needs: ['mail'], roles: 1.2, make(scene) {
    const { dice, person } = scene
    // People meet new people.
    const company = dice.pick(COMPANIES)
    const fresh = dice.chance(0.3) ? customerMail(dice, company) : dice.chance(0.1) ? `${dice.pick(FIRST)}.${dice.pick(LAST)}@${dice.pick(['gmail.com', 'outlook.com', 'web.de'])}` : dice.pick(person.contacts)
    if (!person.contacts.includes(fresh)) person.contacts.push(fresh)
    const subject = topic(dice)
    return {
      says: dice.pick([`Write to ${fresh} and ask about the ${subject}`, `Send ${fresh} a short mail: thanks for the call, notes on ${subject} follow`, `Please mail ${fresh} that the ${subject} is postponed to Friday`]),
      calls: [on(scene, 'mail', 'send_mail', { args: { to: fresh, subject, body: prose(dice, 320) }, result: 'Mail sent.' })],
    }
  } },
  { needs: ['calendar'], roles: 2.5, make(scene) {
    const { dice, date } = scene
    return {
      says: dice.pick(['What is on my calendar today?', 'When am I free this afternoon?', 'Show my meetings of the week']),
      calls: [on(scene, 'calendar', 'list_events', { args: { from: `${date}T00:00`, to: `${date}T23:59` }, result: rows(dice.around(500), () => ({ id: dice.hex(8), title: topic(dice), start: `${date}T${dice.int(9, 17)}:00` })) })],
    }
  } },
  { needs: ['calendar'], roles: 1, make(scene) {
    const { dice, date, person } = scene
    const attendees = dice.sample(person.colleagues, dice.int(1, 3))
    const subject = topic(dice)
    return {
      says: `Schedule a meeting on ${subject} with ${attendees.join(' and ')}`,
      calls: [
        on(scene, 'calendar', 'list_events', { args: { from: `${date}T00:00`, to: `${date}T23:59` }, result: rows(400, () => ({ id: dice.hex(8), title: topic(dice), start: `${date}T${dice.int(9, 17)}:00` })) }),
        on(scene, 'calendar', 'create_event', { args: { title: subject, start: `${date}T${dice.int(10, 17)}:30`, attendees }, result: JSON.stringify({ id: dice.hex(8) }) }),
      ],
    }
  } },
  { needs: ['chat'], roles: 2, make(scene) {
    const { dice, person } = scene
    const channel = `${dice.pick(person.projects)}-${dice.pick(['team', 'general', 'help'])}`
    return {
      says: dice.pick([`What did I miss in #${channel}?`, `Catch me up on ${channel}`]),
      calls: [on(scene, 'chat', 'read_channel', { args: { channel, limit: 50 }, result: rows(dice.around(1_500), () => ({ from: dice.pick(person.colleagues), text: prose(dice, 80) })) })],
      answer: prose(dice, 250),
    }
  } },
  { needs: ['chat'], roles: 1.2, make(scene) {
    const { dice, person } = scene
    const channel = `${dice.pick(person.projects)}-team`
    const subject = topic(dice)
    return { says: `Post in #${channel} that the ${subject} is done`, calls: [on(scene, 'chat', 'post_message', { args: { channel, text: `The ${subject} is done. ${prose(dice, 60)}` }, result: 'posted' })] }
  } },
  { needs: ['files'], roles: 3, make(scene) {
    const { dice, person } = scene
    const folder = `/team/${dice.pick(person.projects)}`
    const names = Array.from({ length: dice.int(1, 3) }, () => `${dice.pick(NOUNS)}-${dice.int(1, 40)}.md`)
    return {
      says: dice.pick([`Summarise the notes in ${folder}`, `Read ${names.join(' and ')} in ${folder} and tell me the main points`, `What do we have on ${dice.pick(NOUNS)} in ${folder}?`]),
      calls: [
        on(scene, 'files', 'list_folder', { args: { path: folder }, result: JSON.stringify([...names, 'archive', 'readme.md']) }),
        ...names.map((name) => on(scene, 'files', 'read_file', { args: { path: `${folder}/${name}` }, result: text(dice, 1_800) })),
      ], answer: prose(dice, 400),
    }
  } },
  { needs: ['files'], roles: 1.2, make(scene) {
    const { dice, person } = scene
    const path = `/team/${dice.pick(person.projects)}/${dice.pick(NOUNS)}-${dice.int(1, 99)}.md`
    return { says: dice.pick([`Save these notes as ${path}`, `Write a draft about ${topic(dice)} to ${path}`]), calls: [on(scene, 'files', 'write_file', { args: { path, content: text(dice, 900) }, result: 'written' })] }
  } },
  { needs: ['files'], roles: 0.4, make(scene) {
    const { dice, person } = scene
    const [path, colleague] = [`/team/${dice.pick(person.projects)}/${dice.pick(NOUNS)}-${dice.int(1, 99)}.md`, dice.pick(person.colleagues)]
    return { says: `Share ${path} with ${colleague}`, calls: [on(scene, 'files', 'share_file', { args: { path, with: colleague, role: 'reader' }, result: 'shared' })] }
  } },
  { needs: ['files'], roles: 0.25, make(scene) {
    const { dice, person } = scene
    const paths = Array.from({ length: dice.int(1, 6) }, () => `/team/${dice.pick(person.projects)}/old/${dice.pick(NOUNS)}-${dice.int(1, 99)}.tmp`)
    return { says: `Delete the old drafts: ${paths.join(', ')}`, calls: paths.map((path) => on(scene, 'files', 'delete_file', { args: { path }, result: 'deleted' })) }
  } },
  { needs: ['wiki'], roles: 1.8, make(scene) {
    const { dice } = scene
    const pages = Array.from({ length: dice.int(1, 3) }, () => `P${dice.int(1_000, 9_999)}`)
    const subject = topic(dice)
    return {
      says: dice.pick([`How do we handle ${subject}? Look in the wiki`, `Find the page about ${subject}`, `What does the handbook say on ${dice.pick(NOUNS)}?`]),
      calls: [
        on(scene, 'wiki', 'search_pages', { args: { query: subject }, result: JSON.stringify(pages.map((page) => ({ id: page, title: topic(dice) }))) }),
        ...pages.map((page) => on(scene, 'wiki', 'read_page', { args: { id: page }, result: text(dice, 2_000) })),
      ], answer: prose(dice, 300),
    }
  } },
  { needs: ['wiki'], roles: 0.5, make(scene) {
    const { dice } = scene
    const page = `P${dice.int(1_000, 9_999)}`
    return { says: `Update page ${page} with the decisions of today`, calls: [on(scene, 'wiki', 'read_page', { args: { id: page }, result: text(dice) }), on(scene, 'wiki', 'update_page', { args: { id: page, text: text(dice) }, result: 'updated' })] }
  } },
  { needs: ['tickets'], roles: 2, make(scene) {
    const { dice, person } = scene
    const project = dice.pick(person.projects).slice(0, 3).toUpperCase()
    const keys = Array.from({ length: dice.int(1, 3) }, () => `${project}-${dice.int(1, 4_000)}`)
    return {
      says: dice.pick([`What is open for me in ${project}?`, 'Show my tickets for the stand-up', `State of ${keys.join(', ')}?`]),
      calls: [
        on(scene, 'tickets', 'search_issues', { args: { jql: `project = ${project} AND assignee = ${person.name} AND status != Done` }, result: rows(dice.around(700), (at) => ({ key: keys[at] ?? `${project}-${dice.int(1, 4_000)}`, summary: topic(dice) })) }),
        ...keys.map((key) => on(scene, 'tickets', 'get_issue', { args: { key }, result: text(dice, 800) })),
      ], answer: prose(dice, 200),
    }
  } },
  { needs: ['tickets'], roles: 1, make(scene) {
    const { dice, person } = scene
    const key = `${dice.pick(person.projects).slice(0, 3).toUpperCase()}-${dice.int(1, 4_000)}`
    return dice.chance(0.5)
      ? { says: `Comment on ${key} that it is fixed and close it`, calls: [on(scene, 'tickets', 'add_comment', { args: { key, body: `Fixed. ${prose(dice, 60)}` }, result: 'ok' }), on(scene, 'tickets', 'transition_issue', { args: { key, state: 'Done' }, result: 'ok' })] }
      : { says: `Create a ticket: ${topic(dice)} needs work`, calls: [on(scene, 'tickets', 'create_issue', { args: { project: key.slice(0, 3), summary: topic(dice), description: prose(dice, 250) }, result: JSON.stringify({ key }) })] }
  } },
  { needs: ['mail', 'files'], roles: 0.6, make(scene) {
    const { dice, person } = scene
    const [path, to] = [`/team/${dice.pick(person.projects)}/${dice.pick(NOUNS)}-${dice.int(1, 40)}.md`, dice.pick([...person.colleagues, ...person.contacts])]
    const content = text(dice, 900)
    return {
      says: `Send the content of ${path} to ${to}`,
      calls: [on(scene, 'files', 'read_file', { args: { path }, result: content }), on(scene, 'mail', 'send_mail', { args: { to, subject: path.split('/').at(-1), body: content }, result: 'Mail sent.' })],
    }
  } },
  { needs: ['web'], roles: 2, make(scene) {
    const { dice, person } = scene
    const site = dice.chance(0.08) ? `www.${dice.pick(COMPANIES)}-${dice.pick(NOUNS)}.example` : dice.pick(person.sites)
    const urls = Array.from({ length: dice.int(1, 3) }, () => `https://${site}/${dice.pick(NOUNS)}/${dice.int(1, 900)}`)
    const subject = topic(dice)
    return {
      says: dice.pick([`Look up ${subject} on the web`, `What is the current best practice for ${subject}?`, `Read ${urls[0]} and summarise it`]),
      calls: [
        on(scene, 'web', 'web_search', { args: { query: subject }, result: JSON.stringify(urls.map((url) => ({ url, title: topic(dice) }))) }),
        ...urls.map((url) => on(scene, 'web', 'fetch_url', { args: { url }, result: text(dice, 3_000) })),
      ], answer: prose(dice, 400),
    }
  } },
  { needs: ['mail', 'calendar'], roles: 0.3, make(scene) {
    const { dice } = scene
    return { says: 'Sort mails of the newsletter into a folder', calls: [on(scene, 'mail', 'create_filter', { args: { from: `news@${dice.pick(COMPANIES)}.example`, action: 'move', target: 'Newsletter' }, result: 'ok' })] }
  } },
  { needs: ['chat', 'tickets'], roles: 0.5, make(scene) {
    const { dice, person } = scene
    const key = `${dice.pick(person.projects).slice(0, 3).toUpperCase()}-${dice.int(1, 4_000)}`
    return {
      says: `Tell ${person.colleagues[0] ?? `team@${COMPANY_DOMAIN}`} in chat how ${key} is going`,
      calls: [on(scene, 'tickets', 'get_issue', { args: { key }, result: text(dice, 500) }), on(scene, 'chat', 'post_message', { args: { channel: person.colleagues[0], text: `${key}: ${prose(dice, 100)}` }, result: 'posted' })],
    }
  } },
]
