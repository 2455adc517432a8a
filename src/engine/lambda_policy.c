#include "engine/lambda_policy.h"

#include "base/compat.h"

static json_t *statement(const char *sid, json_t *actions, json_t *resource)
{
	return json_pack("{s:s, s:s, s:o, s:o}", "Sid", sid, "Effect", "Allow", "Action",
	                 actions, "Resource", resource);
}

static json_t *document(json_t *statements)
{
	return json_pack("{s:s, s:o}", "Version", "2012-10-17", "Statement", statements);
}

static const char *account_of(const struct lambda_policy_about *a)
{
	return a->account ? a->account : "*";
}

static json_t *function_arn(const struct lambda_policy_about *a)
{
	return json_sprintf("arn:aws:lambda:%s:%s:function:%s", a->region, account_of(a),
	                    a->function);
}

/* What both sides do with the store. */
static void add_store(const struct lambda_policy_about *a, json_t *statements)
{
	const char *prefix = a->store_prefix ? a->store_prefix : "";

	if (!a->store_bucket)
		return;
	json_array_append_new(statements,
	                      statement("Objects",
	                                json_pack("[s, s]", "s3:GetObject", "s3:PutObject"),
	                                json_sprintf("arn:aws:s3:::%s/%s%s*", a->store_bucket,
	                                             prefix, *prefix ? "/" : "")));
	/* without it S3 answers 403, not 404, for what is not there */
	json_array_append_new(statements,
	                      statement("Bucket", json_pack("[s]", "s3:ListBucket"),
	                                json_sprintf("arn:aws:s3:::%s", a->store_bucket)));
}

json_t *lambda_policy_deployer(const struct lambda_policy_about *a)
{
	json_t *s = json_array();

	json_array_append_new(
		s,
		statement("Function",
	                  json_pack("[s, s, s, s, s, s]", "lambda:CreateFunction",
	                            "lambda:DeleteFunction", "lambda:GetFunctionConfiguration",
	                            "lambda:InvokeFunction", "lambda:UpdateFunctionCode",
	                            "lambda:UpdateFunctionConfiguration"),
	                  function_arn(a)));
	json_array_append_new(s, statement("Role", json_pack("[s]", "iam:PassRole"),
	                                   a->role ? json_string(a->role)
	                                           : json_sprintf("arn:aws:iam::%s:role/ROLE",
	                                                          account_of(a))));
	if (a->package_bucket)
		json_array_append_new(
			s, statement("Package",
		                     json_pack("[s, s]", "s3:GetObject", "s3:PutObject"),
		                     json_sprintf("arn:aws:s3:::%s/gg-package-*",
		                                  a->package_bucket)));
	return document(s);
}

json_t *lambda_policy_builder(const struct lambda_policy_about *a)
{
	json_t *s = json_array();

	json_array_append_new(s, statement("Invoke", json_pack("[s]", "lambda:InvokeFunction"),
	                                   function_arn(a)));
	add_store(a, s);
	return document(s);
}

json_t *lambda_policy_function(const struct lambda_policy_about *a)
{
	json_t *s = json_array();

	json_array_append_new(
		s, statement("Log",
	                     json_pack("[s, s, s]", "logs:CreateLogGroup",
	                               "logs:CreateLogStream", "logs:PutLogEvents"),
	                     json_sprintf("arn:aws:logs:%s:%s:*", a->region, account_of(a))));
	add_store(a, s);
	return document(s);
}

json_t *lambda_policy_trust(void)
{
	return document(json_pack("[{s:s, s:{s:s}, s:s}]", "Effect", "Allow", "Principal",
	                          "Service", "lambda.amazonaws.com", "Action",
	                          "sts:AssumeRole"));
}
