metadata description = '''
Who is called, and when. One log search rule for each entry of infra/alerts.json, on what plgate tells as numbers;
docs/operations.md has a section for each. Without receivers the rules are made all the same: the portal shows what they
found, and nobody is called.

A rule is billed by how often it is evaluated, so each is evaluated as seldom as what it finds allows.
'''

import { emailsOf } from 'checks.bicep'

@description('Name of the Log Analytics workspace that the rules ask.')
param workspaceName string

@description('Mail addresses that are written to, with commas between. Empty: the rules call nobody.')
param alertEmails string

@description('Hours that a request may wait for policy or people.')
@minValue(1)
@maxValue(8760)
param oldestRequestHours int

@description('Minutes after which a sweep that was not complete is late; after twice as many without any sweep it counts as silent. Three times the schedule of the sweep at least.')
@allowed([15, 30, 60, 180])
param sweepLateMinutes int

@description('Region.')
param location string

@description('Tags for the resources.')
param tags { *: string }

type rule = {
  name: string
  title: string
  about: string
  @description('Heading of docs/operations.md, as a mark in its address.')
  section: string
  @description('0 the record is in doubt, 1 nothing is decided, 2 somebody should act today, 3 this week.')
  severity: 0 | 1 | 2 | 3
  @description('Lines of a query that gives one column, Value.')
  query: string[]
  operator: 'GreaterThan' | 'LessThan'
  threshold: int
  @description('How far back the query sees. sweep: as far as several sweeps reach, however seldom they are.')
  window: 'sweep' | 'PT2H' | 'P1D'
  frequency: string
  autoMitigate: bool
}

var rules rule[] = loadJsonContent('../alerts.json')

// What an operator chose, in place of what the file says.
var thresholds = { 'oldest-request': oldestRequestHours * 3600, 'sweep-late': sweepLateMinutes * 60 }
// Azure takes certain lengths only.
var sweepWindow = { '15': 'PT30M', '30': 'PT1H', '60': 'PT2H', '180': 'PT6H' }[string(sweepLateMinutes)]

var receivers = emailsOf('alertEmails', alertEmails)

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(receivers)) {
  name: 'ag-plgate'
  // Action groups live in no region.
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    // What mails and text messages begin with; twelve characters at most.
    groupShortName: 'plgate'
    emailReceivers: [
      for address in receivers: {
        name: replace(address, '@', ' at ')
        emailAddress: address
        useCommonAlertSchema: true
      }
    ]
  }
}

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: 'alert-plgate-${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'plgate: ${rule.title}'
      description: '${rule.about} What to do: docs/operations.md#${rule.section}'
      enabled: true
      severity: rule.severity
      scopes: [resourceId('Microsoft.OperationalInsights/workspaces', workspaceName)]
      evaluationFrequency: rule.frequency
      windowSize: rule.window == 'sweep' ? sweepWindow : rule.window
      autoMitigate: rule.autoMitigate
      // A new workspace may not know the tables of Application Insights before something was sent. Tests check the queries.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: join(rule.query, '\n')
            metricMeasureColumn: 'Value'
            timeAggregation: 'Maximum'
            operator: rule.operator
            threshold: thresholds[?rule.name] ?? rule.threshold
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: empty(receivers) ? [] : [people.id] }
    }
  }
]
