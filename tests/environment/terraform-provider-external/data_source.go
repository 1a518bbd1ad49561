package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// programData is `data "external"`: it runs a program that reads one JSON object of strings
// from its standard input and writes one to its standard output.
type programData struct{}

type programModel struct {
	ID         types.String `tfsdk:"id"`
	Program    types.List   `tfsdk:"program"`
	WorkingDir types.String `tfsdk:"working_dir"`
	Query      types.Map    `tfsdk:"query"`
	Result     types.Map    `tfsdk:"result"`
}

func (programData) Metadata(
	_ context.Context, _ datasource.MetadataRequest, response *datasource.MetadataResponse,
) {
	response.TypeName = "external"
}

func (programData) Schema(
	_ context.Context, _ datasource.SchemaRequest, response *datasource.SchemaResponse,
) {
	response.Schema = schema.Schema{Attributes: map[string]schema.Attribute{
		"id":          schema.StringAttribute{Computed: true},
		"program":     schema.ListAttribute{Required: true, ElementType: types.StringType},
		"working_dir": schema.StringAttribute{Optional: true},
		"query":       schema.MapAttribute{Optional: true, ElementType: types.StringType},
		"result":      schema.MapAttribute{Computed: true, ElementType: types.StringType},
	}}
}

func (programData) Read(
	ctx context.Context, request datasource.ReadRequest, response *datasource.ReadResponse,
) {
	var model programModel
	response.Diagnostics.Append(request.Config.Get(ctx, &model)...)
	var program []types.String
	response.Diagnostics.Append(model.Program.ElementsAs(ctx, &program, false)...)
	query := map[string]types.String{}
	if !model.Query.IsNull() {
		response.Diagnostics.Append(model.Query.ElementsAs(ctx, &query, false)...)
	}
	if response.Diagnostics.HasError() {
		return
	}

	result, err := runProgram(ctx, words(program), model.WorkingDir.ValueString(), known(query))
	if err != nil {
		response.Diagnostics.AddAttributeError(path.Root("program"), "External Program Failed", err.Error())
		return
	}
	value, diagnostics := types.MapValueFrom(ctx, types.StringType, result)
	response.Diagnostics.Append(diagnostics...)
	model.Result = value
	model.ID = types.StringValue("-")
	response.Diagnostics.Append(response.State.Set(ctx, &model)...)
}

// words leaves out null elements, as the real provider does.
func words(elements []types.String) []string {
	var result []string
	for _, element := range elements {
		if !element.IsNull() {
			result = append(result, element.ValueString())
		}
	}
	return result
}

// known leaves out null values, as the real provider does.
func known(query map[string]types.String) map[string]string {
	result := map[string]string{}
	for name, value := range query {
		if !value.IsNull() {
			result[name] = value.ValueString()
		}
	}
	return result
}

func runProgram(
	ctx context.Context, program []string, folder string, query map[string]string,
) (map[string]string, error) {
	if len(program) == 0 || program[0] == "" {
		return nil, errors.New("program must name a program to run")
	}
	if _, err := exec.LookPath(program[0]); err != nil {
		return nil, fmt.Errorf("the program cannot be found or run: %w", err)
	}
	input, err := json.Marshal(query)
	if err != nil {
		return nil, err
	}

	command := exec.CommandContext(ctx, program[0], program[1:]...)
	command.Dir = folder
	command.Stdin = bytes.NewReader(input)
	var complaint bytes.Buffer
	command.Stderr = &complaint
	output, err := command.Output()
	if err != nil {
		if complaint.Len() > 0 {
			return nil, fmt.Errorf("program: %s\nstate: %w\nerror message: %s", command.Path, err, complaint.String())
		}
		return nil, fmt.Errorf("program: %s\nstate: %w\nit wrote no error message", command.Path, err)
	}

	var result map[string]string
	if err := json.Unmarshal(output, &result); err != nil {
		return nil, fmt.Errorf("program: %s\nits output must be one JSON object of strings: %w", command.Path, err)
	}
	return result, nil
}
