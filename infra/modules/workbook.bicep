metadata description = 'The workbook: what plgate decided, how long it took, and what waits. One chart for each entry of infra/workbook.json.'

@description('Name that the portal shows.')
param displayName string

@description('Name of the Log Analytics workspace that the charts ask.')
param workspaceName string

@description('Name of the Application Insights component under which the portal lists the workbook.')
param insightsName string

@description('Region.')
param location string

@description('Tags for the resource.')
param tags { *: string }

type chart = {
  name: string
  title: string
  about: string
  visualization: 'timechart' | 'barchart' | 'table'
  @description('Percent of the page.')
  width: int
  @description('Lines of a query. {TimeRange:grain} is the length of one step of what the reader chose to see.')
  query: string[]
}

var charts chart[] = loadJsonContent('../workbook.json')
var workspaceId = resourceId('Microsoft.OperationalInsights/workspaces', workspaceName)
var day = 86400000

var heading = {
  type: 1
  name: 'heading'
  content: {
    json: '## ${displayName}\nNumbers are those of docs/observability.md; what to do about them is in docs/operations.md. The record of decisions is the audit, not this page.'
  }
}

var period = {
  type: 9
  name: 'period'
  content: {
    version: 'KqlParameterItem/1.0'
    style: 'pills'
    parameters: [
      {
        id: guid('plgate workbook', 'TimeRange')
        version: 'KqlParameterItem/1.0'
        name: 'TimeRange'
        label: 'Period'
        type: 4
        isRequired: true
        value: { durationMs: 7 * day }
        typeSettings: {
          selectableValues: map([1, 3, 7, 14, 30], days => { durationMs: days * day })
          allowCustom: true
        }
      }
    ]
  }
}

var items = map(charts, chart => {
  type: 3
  name: chart.name
  customWidth: string(chart.width)
  content: {
    version: 'KqlItem/1.0'
    query: join(chart.query, '\n')
    title: empty(chart.about) ? chart.title : '${chart.title}: ${chart.about}'
    noDataMessage: 'Nothing in this period.'
    size: 0
    timeContextFromParameter: 'TimeRange'
    queryType: 0
    resourceType: 'microsoft.operationalinsights/workspaces'
    crossComponentResources: [workspaceId]
    visualization: chart.visualization
    chartSettings: { showLegend: true }
    styleSettings: { showBorder: true }
  }
})

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  // Azure wants a guid for a name; of what does not change, so that a second deployment changes nothing.
  name: guid(resourceGroup().id, 'plgate workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: displayName
    category: 'workbook'
    sourceId: resourceId('Microsoft.Insights/components', insightsName)
    version: '1.0'
    serializedData: string({
      version: 'Notebook/1.0'
      items: concat([heading, period], items)
      fallbackResourceIds: [workspaceId]
    })
  }
}
