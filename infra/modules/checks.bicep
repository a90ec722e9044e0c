metadata description = '''
What a parameter has to look like, beyond what a decorator can say. Each function gives the value back in one spelling, or
stops the deployment while it is validated, before anything is made, with the name of the parameter and the value.
'''

func characters(text string) string[] => map(range(0, length(text)), at => substring(text, at, 1))

func consistsOf(text string, allowed string) bool => empty(filter(characters(text), one => !contains(allowed, one)))

// 8-4-4-4-12 hexadecimal digits. Bicep has no regular expressions.
func isGuid(text string) bool =>
  join(map(split(text, '-'), part => string(length(part))), '-') == '8-4-4-4-12' && consistsOf(
    toLower(text),
    '0123456789abcdef-'
  )

func isDottedNumber(text string) bool =>
  length(split(text, '.')) == 4 && consistsOf(text, '0123456789.') && !contains('.${text}.', '..')

func isNumber(text string) bool => !empty(text) && consistsOf(text, '0123456789')

@export()
@description('The entries of a text with commas between: trimmed, without empty ones, each once.')
func entries(text string) string[] => union(filter(map(split(text, ','), one => trim(one)), one => !empty(one)), [])

@export()
@description('A guid.')
func guidOf(parameter string, text string) string =>
  isGuid(trim(text)) ? trim(text) : fail('${parameter}: "${text}" is not a guid (00000000-0000-0000-0000-000000000000)')

@export()
@description('A guid, or nothing.')
func optionalGuidOf(parameter string, text string) string => empty(trim(text)) ? '' : guidOf(parameter, text)

@export()
@description('Guids with commas between, in lower case, each once.')
func guidsOf(parameter string, text string) string[] => map(entries(toLower(text)), one => guidOf(parameter, one))

// In lower case, so that one group written twice is one group.
@export()
@description('Ids of resource groups with commas between. Anything else stops the deployment, instead of giving a right somewhere else.')
func resourceGroupsOf(parameter string, text string) { subscriptionId: string, name: string }[] =>
  map(
    entries(toLower(text)),
    id =>
      length(split(id, '/')) == 5 && startsWith(id, '/subscriptions/') && isGuid(split(id, '/')[2]) && split(id, '/')[3] == 'resourcegroups' && !empty(split(
          id,
          '/'
        )[4])
        ? { subscriptionId: split(id, '/')[2], name: split(id, '/')[4] }
        : fail('${parameter}: "${id}" is not the id of a resource group (/subscriptions/{subscription id}/resourceGroups/{name})')
  )

@export()
@description('A schedule in NCRONTAB with its six fields, or the one to use where none is given.')
func scheduleOf(parameter string, text string, otherwise string) string =>
  empty(trim(text))
    ? otherwise
    : length(filter(split(trim(text), ' '), field => !empty(field))) == 6
        ? trim(text)
        : fail('${parameter}: "${text}" is not a schedule of six fields ({second} {minute} {hour} {day} {month} {day of week}), as in "${otherwise}"')

@export()
@description('An https address without a slash at its end, or the one to use where none is given.')
func httpsAddressOf(parameter string, text string, otherwise string) string =>
  empty(trim(text))
    ? otherwise
    : startsWith(toLower(trim(text)), 'https://') && length(trim(text)) > 8 && !contains(trim(text), ' ')
        ? endsWith(trim(text), '/') ? substring(trim(text), 0, max(0, length(trim(text)) - 1)) : trim(text)
        : fail('${parameter}: "${text}" is not an https address (https://plgate.example.com)')

@export()
@description('A whole number of days that is not below the least, or nothing.')
func optionalDaysOf(parameter string, text string, least int) string =>
  empty(trim(text))
    ? ''
    : isNumber(trim(text)) && int(isNumber(trim(text)) ? trim(text) : '0') >= least
        ? trim(text)
        : fail('${parameter}: "${text}" is not a whole number of days, ${least} or more')

@export()
@description('E-mail addresses with commas between, each once.')
func emailsOf(parameter string, text string) string[] =>
  map(
    entries(text),
    one =>
      length(split(one, '@')) == 2 && !empty(split(one, '@')[0]) && contains(last(split(one, '@')), '.') && !contains(
          one,
          ' '
        )
        ? one
        : fail('${parameter}: "${one}" is not an e-mail address')
  )

// The firewall of storage wants one address without a suffix, and ranges of four addresses at least.
@export()
@description('IPv4 addresses and ranges with commas between, as the firewall of storage takes them.')
func addressesOf(parameter string, text string) string[] =>
  map(
    map(entries(text), one => endsWith(one, '/32') ? split(one, '/')[0] : one),
    one =>
      isDottedNumber(split(one, '/')[0]) && (length(split(one, '/')) == 1 || (length(split(one, '/')) == 2 && isNumber(last(split(
          one,
          '/'
        ))) && int(isNumber(last(split(one, '/'))) ? last(split(one, '/')) : '31') <= 30))
        ? one
        : fail('${parameter}: "${one}" is neither a public IPv4 address (203.0.113.7) nor a range of them up to /30 (203.0.113.0/24)')
  )

// Whoever names addresses expects that others are kept out.
@export()
@description('The same, and none where the network is public: a firewall that is not there must not be taken for one.')
func allowedAddressesOf(network string, text string) string[] =>
  network == 'private' || empty(entries(text))
    ? addressesOf('allowedAddresses', text)
    : fail('allowedAddresses: "${text}" has no effect while network is "${network}"; set network to "private", or leave it empty')

@export()
@description('The parts of the full id of a function app.')
func functionAppOf(parameter string, id string) { subscriptionId: string, groupName: string, name: string } =>
  length(split(id, '/')) == 9 && startsWith(toLower(id), '/subscriptions/') && isGuid(split(id, '/')[2]) && contains(
      toLower(id),
      '/providers/microsoft.web/sites/'
    )
    ? { subscriptionId: split(id, '/')[2], groupName: split(id, '/')[4], name: split(id, '/')[8] }
    : fail('${parameter}: "${id}" is not the id of a function app (/subscriptions/{id}/resourceGroups/{name}/providers/Microsoft.Web/sites/{name})')

@export()
@description('A private IPv4 range that has room for the two subnets of network.bicep.')
func networkOf(parameter string, text string) string =>
  length(split(text, '/')) == 2 && isDottedNumber(split(text, '/')[0]) && isNumber(split(text, '/')[1]) && int(isNumber(last(split(
        text,
        '/'
      )))
      ? last(split(text, '/'))
      : '32') <= 25
    ? text
    : fail('${parameter}: "${text}" is not a range of IPv4 addresses of /25 or larger (10.240.0.0/24)')
