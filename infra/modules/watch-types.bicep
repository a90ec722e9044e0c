metadata description = 'Shapes that the modules of watch.bicep share.'

@export()
@description('A container of the account that keeps the record, wherever that lies.')
type deadLetterPlace = { subscriptionId: string, groupName: string, accountName: string, containerName: string }

@export()
@description('The function app, wherever it lies.')
type appPlace = { subscriptionId: string, groupName: string, name: string }
