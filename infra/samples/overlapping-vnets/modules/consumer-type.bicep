metadata description = 'What the lab has to know of a consumer.'

@export()
@description('One who asks for the service.')
type Consumer = {
  @description('Short name, such as that of a department: part of the names of its resources.')
  @minLength(2)
  @maxLength(20)
  name: string

  @description('Its subscription. Left out: the one of the deployment.')
  @minLength(36)
  @maxLength(36)
  subscriptionId: string?

  @description('Its region, which may be another than that of the service. Left out: the one of the provider.')
  location: string?

  @description('What it says when it asks. The reviewers read it; no rule should trust it.')
  @maxLength(140)
  requestMessage: string?
}
