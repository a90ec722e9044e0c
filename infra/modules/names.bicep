metadata description = 'Names that several templates work out for themselves: main.bicep knows the record by its name alone, because azd down deletes what main.bicep holds.'

@export()
@description('What tells two deployments apart in names that are unique in Azure. Every template has to make the same of the same environment.')
func deploymentToken(subscriptionId string, environmentName string, location string) string =>
  uniqueString('/subscriptions/${subscriptionId}', environmentName, location)

@export()
@description('Group that keeps the record of decisions (record.bicep).')
func recordGroupName(environmentName string) string => 'rg-${environmentName}-record'

@export()
@description('Account that keeps the record of decisions (record.bicep).')
func dataAccountName(token string) string => 'plgatedata${token}'

@export()
@description('Container for events that could not be delivered, in the data account.')
var deadLetterContainer = 'deadletters'
