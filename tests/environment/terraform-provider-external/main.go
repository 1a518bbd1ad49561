// A stand-in for the provider hashicorp/external, for tests on machines where the real one
// cannot be installed: the same address, the same data source, the same protocol.
package main

import (
	"context"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

type externalProvider struct{}

func (externalProvider) Metadata(
	_ context.Context, _ provider.MetadataRequest, response *provider.MetadataResponse,
) {
	response.TypeName = "external"
}

func (externalProvider) Schema(
	context.Context, provider.SchemaRequest, *provider.SchemaResponse,
) {
}

func (externalProvider) Configure(
	context.Context, provider.ConfigureRequest, *provider.ConfigureResponse,
) {
}

func (externalProvider) Resources(context.Context) []func() resource.Resource {
	return nil
}

func (externalProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		func() datasource.DataSource { return programData{} },
	}
}

func main() {
	options := providerserver.ServeOpts{Address: "registry.terraform.io/hashicorp/external"}
	create := func() provider.Provider { return externalProvider{} }
	if err := providerserver.Serve(context.Background(), create, options); err != nil {
		log.Fatal(err)
	}
}
