/** Names of hosts that say what a destination is for. Data only: services that anybody can use without an account that means anything, and where one host is many people's. */

/** Why a destination says little about who receives, or that nobody is meant to know; '' for all others. */
export type Trait = '' | 'paste' | 'webhook' | 'tunnel' | 'file-drop' | 'dynamic-name' | 'bare-address' | 'free-mail' | 'anybody'

/** Names separated by spaces; subdomains are included. */
const ROWS: readonly (readonly [Trait, string])[] = [
  ['paste', 'pastebin.com paste.ee hastebin.com toptal.com/developers ghostbin.com rentry.co rentry.org dpaste.com dpaste.org ix.io sprunge.us termbin.com paste.rs controlc.com ' +
    'justpaste.it privatebin.net 0bin.net bpa.st pastie.org codepad.org paste.debian.net paste.centos.org gist.github.com paste.mozilla.org snippet.host textbin.net'],
  ['webhook', 'webhook.site webhook.cool requestbin.com requestbin.net pipedream.net hookbin.com beeceptor.com requestcatcher.com postb.in mockbin.org mockbin.io smee.io ' +
    'interact.sh oast.pro oast.live oast.site oast.online oast.fun oast.me burpcollaborator.net oastify.com canarytokens.com dnslog.cn ceye.io requestrepo.com ' +
    'api.telegram.org hooks.zapier.com hook.make.com maker.ifttt.com typedwebhook.tools'],
  ['tunnel', 'ngrok.io ngrok.app ngrok.dev ngrok-free.app ngrok-free.dev trycloudflare.com loca.lt localtunnel.me localhost.run lhr.life lhr.rocks serveo.net pagekite.me bore.pub ' +
    'tunnelmole.net telebit.io devtunnels.ms portmap.io playit.gg pinggy.link pinggy.io zrok.io onion'],
  ['file-drop', 'transfer.sh file.io gofile.io anonfiles.com bashupload.com 0x0.st catbox.moe wetransfer.com we.tl sendspace.com mega.nz mega.io mediafire.com uguu.se temp.sh ' +
    'tmpfiles.org oshi.at filebin.net send.vis.ee ufile.io pixeldrain.com krakenfiles.com dropmefiles.com filetransfer.io x0.at envs.sh'],
  ['dynamic-name', 'duckdns.org no-ip.org no-ip.com noip.com ddns.net hopto.org zapto.org sytes.net dynu.net dyndns.org dynv6.net freeddns.org nip.io sslip.io xip.io'],
  ['free-mail', 'gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com icloud.com me.com aol.com gmx.com gmx.de gmx.net web.de mail.com mail.ru ' +
    'yandex.ru yandex.com qq.com 163.com 126.com proton.me protonmail.com pm.me tutanota.com tuta.io zoho.com fastmail.com mailinator.com guerrillamail.com 10minutemail.com ' +
    'yopmail.com temp-mail.org'],
]

const TRAITS: ReadonlyMap<string, Trait> = new Map(ROWS.flatMap(([trait, names]) => names.split(' ').map((name) => [name, trait] as const)))

/** Looks up the host and the names above it. `host` in lower case. */
export function traitOf(host: string): Trait {
  for (let name = host, labels = 0; labels < 12; labels++) {
    const trait = TRAITS.get(name)
    if (trait !== undefined) return trait
    const dot = name.indexOf('.')
    if (dot < 0) return ''
    name = name.slice(dot + 1)
  }
  return ''
}

/** Hosts where the first part of the path says whose it is. */
const SHARED = new Set(('github.com gitlab.com bitbucket.org codeberg.org raw.githubusercontent.com huggingface.co hub.docker.com dev.azure.com storage.googleapis.com ' +
  'medium.com sites.google.com').split(' '))
/** Hosts where it stands behind other parts. */
const BEHIND: ReadonlyMap<string, number> = new Map([['api.github.com', 1], ['hooks.slack.com', 1], ['discord.com', 2], ['script.google.com', 2]])
const PATH_STYLE_BUCKET = /^s3[.-](?:[a-z0-9-]{1,30}\.)?amazonaws\.com$/

/** Which part of the path (0 = first) says whose it is; -1 where the host does. */
export const ownerPart = (host: string): number => (SHARED.has(host) || PATH_STYLE_BUCKET.test(host) ? 0 : BEHIND.get(host) ?? -1)

/** Names that no public resolver answers. */
const INSIDE = new Set('localhost local internal intranet corp lan home private localdomain arpa svc'.split(' '))

/** Single labels and names that are used inside a network only. `host` in lower case, no address. */
export const isInside = (host: string): boolean => !host.includes('.') || INSIDE.has(host.slice(host.lastIndexOf('.') + 1))
